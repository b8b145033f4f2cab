"""A walk that follows a sound: its step length, and the strengths of its directions."""

from __future__ import annotations

import dataclasses
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode.errors import OptionError, UnknownNameError
from dynode.media import Sound
from dynode_make.keyed import Keyed
from dynode_make.sound import TRAITS, Hearing, can_hold_sound, hear, write_track

STEP = "step"
"""What stands for the step length among the names of directions."""

_STILL = 0.1  # share of the mean step that silence leaves


@dataclasses.dataclass(frozen=True, eq=False)
class Follows:
    """What of a walk follows which trait of a sound.

    Attributes:
        sound: The file.
        hearing: What it does.
        traits: Trait by the name of a direction, or `step`; None lets every direction follow onsets,
            and the steps the loudness.
    """

    sound: Path
    hearing: Hearing
    traits: Mapping[str, str] | None = None

    @classmethod
    def of(cls, sound: str | Path | None, traits: Mapping[str, str] | None) -> Follows | None:
        """Listen to a file; None without one.

        Raises:
            OptionError: There are traits and no sound.
            UnknownNameError: There is no such trait.
            MediaError: See `hear`.
        """
        for trait in (traits or {}).values():
            if trait not in TRAITS:
                raise UnknownNameError("trait of --follow", trait, TRAITS)
        if sound is None:
            if traits:
                raise OptionError("--follow applies only with --sound; add that or leave it out")
            return None
        return cls(Path(sound), hear(Path(sound)), traits)

    def check(self, names: list[str]) -> None:
        """Refuse names that are no direction.

        Raises:
            UnknownNameError: One is neither a direction nor `step`.
        """
        for name in self.traits or {}:
            if name not in (STEP, *names):
                raise UnknownNameError("direction of --follow", name, [STEP, *names])

    def keyed(self, name: str, keyed: Keyed, frames: int, fps: float) -> Keyed:
        """Multiply the factor of a direction by the trait it follows; the same if it follows none."""
        trait = "onsets" if self.traits is None else self.traits.get(name)
        if trait is None:
            return keyed
        times = torch.arange(frames, dtype=torch.float64) / fps
        values = keyed.at(times) * torch.from_numpy(self.hearing.at_frames(trait, frames, fps))
        return Keyed(tuple(zip(times.tolist(), values.tolist(), strict=True)))

    def positions(self, positions: Tensor, fps: float, *, loop: bool) -> Tensor:
        """Go on by as much a frame as the trait of the steps says; begin and end stay.

        Args:
            positions: (frames,) float64 at an even pace.
            fps: Frames a second.
            loop: Whether a step leads from the last frame to the first.
        """
        trait = "loudness" if self.traits is None else self.traits.get(STEP)
        if trait is None:
            return positions
        speed = self.hearing.at_frames(trait, len(positions), fps)
        speed = speed / speed.mean() if speed.any() else speed
        steps = _STILL + (speed if loop else speed[:-1])
        gone = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
        whole = float(positions[-1] + positions[1]) if loop else float(positions[-1])
        return torch.from_numpy(gone[: len(positions)] * whole)


@contextmanager
def sound_for(path: Path, follows: Follows | None, seconds: float) -> Iterator[Sound | None]:
    """Give the sound as a track that a clip of this name can hold; a warning where it holds none."""
    if follows is None:
        yield None
        return
    if not can_hold_sound(path):
        warnings.warn(
            f"{path.name} holds no sound, so {follows.sound.name} is left out; write .mp4 to hear it",
            stacklevel=3,
        )
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        track = Path(folder) / f"track{path.suffix.lower()}"
        write_track(follows.sound, track, like=path, seconds=seconds)
        yield Sound(track)


def parse_follow(text: str) -> tuple[str, str]:
    """Read `NAME=TRAIT`.

    Raises:
        OptionError: It is something else.
    """
    name, _, trait = text.rpartition("=")
    if not name:
        raise OptionError(f"--follow is {text!r}; expected NAME=TRAIT such as smile=onsets")
    return name, trait
