"""How a walk goes: its options, the number of its frames, and where each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode.errors import OptionError, UnknownNameError
from dynode.pipeline import flag_of
from dynode_make.points import PointOptions
from dynode_make.sounding import Follows
from dynode_make.walk_options import WALK_NOISE, WALK_PATHS, WALK_SPACES

_MOST_FRAMES = 1_000_000


@dataclass(frozen=True)
class WalkOptions(PointOptions):
    """How a walk goes; the fields of `PointOptions` say how points become codes.

    Attributes:
        space: `w`, the codes as they are, in W or W+; or `z`, along great circles, of seeds only.
        path: `straight` from point to point; `cubic`, a smooth curve through them, in `w`; or `noise`,
            smooth noise in their span, which comes back: more points wander faster.
        loop: Go back to the first point, so that the last frame flows into the first.
        seconds: Length; None for 2 seconds a leg.
        fps: Frames a second.
        even: Constant speed as seen: steps are evened out by a picture distance.
        sound: File with a sound that the walk follows, and that a clip gets; its length is that of the
            walk if `seconds` is not said.
        follow: What follows which trait of the sound (`loudness`, `onsets`, `bass`, `middle`, `treble`),
            by the name of a direction or `step`; None: every direction the onsets, steps the loudness.
        noise: The stored noise of the generator, `const`; `loop`, noise that flows from it and back
            to it, once in about four seconds; or `none`.
        times: When each point is reached, in seconds from 0, increasing; None spreads them evenly.
    """

    space: str = "w"
    path: str = "straight"
    loop: bool = False
    seconds: float | None = None
    fps: float = 30.0
    even: bool = False
    sound: str | Path | None = None
    follow: Mapping[str, str] | None = None
    noise: str = "const"
    times: Sequence[float] | None = None

    def frames(self, points: int, heard: Follows | None = None) -> int:
        """Count the frames of a walk through some points, along what is heard.

        Raises:
            OptionError: A number or a name is out of range.
        """
        for name, value, known in (
            ("--space", self.space, WALK_SPACES),
            ("--path", self.path, WALK_PATHS),
            ("--noise", self.noise, WALK_NOISE),
        ):
            if value not in known:
                raise UnknownNameError(name, value, known)
        if points < 2:
            raise OptionError(
                f"there is {points} point; a walk goes through at least 2, such as 0-3"
            )
        if self.space == "z" and self.path == "cubic":
            raise OptionError("--path cubic is for --space w; in z a walk goes along great circles")
        legs = points if self.loop else points - 1
        own = 2.0 * legs if heard is None else heard.hearing.seconds
        own = own if self.times is None else self._end(points)
        seconds = own if self.seconds is None else self.seconds
        if not 0 < self.fps <= 1000 or not 2 <= seconds * self.fps <= _MOST_FRAMES:
            raise OptionError(
                f"--seconds {seconds:g} at --fps {self.fps:g} is no clip; expected 2 to {_MOST_FRAMES} "
                f"frames, such as --seconds 6 --fps 30"
            )
        return round(seconds * self.fps)

    def _end(self, points: int) -> float:
        """Return when the last point is reached.

        Raises:
            OptionError: Times are not those of the points, or other options say when, too.
        """
        others = {
            "loop": self.loop,
            "even": self.even,
            "sound": self.sound,
            "seconds": self.seconds,
        }
        for name, given in others.items():
            if given:
                raise OptionError(
                    f"{flag_of(name)} does not apply where times say when each point is reached, as those "
                    f"of a score do; leave one of them out"
                )
        times = list(self.times or ())
        if len(times) != points:
            raise OptionError(
                f"{len(times)} times are given for {points} points; expected one for each: a file in a "
                f"score holds one code"
            )
        return times[-1] + 1 / self.fps  # the last frame is the last point


def positions_at(how: WalkOptions, points: int, frames: int) -> Tensor:
    """Say where each frame of a walk is, at an even pace: (frames,) float64, k being point k."""
    shares = torch.arange(frames, dtype=torch.float64)
    if how.times is not None:
        return torch.from_numpy(np.interp(shares / how.fps, how.times, np.arange(points)))
    return shares * points / frames if how.loop else shares * (points - 1) / (frames - 1)
