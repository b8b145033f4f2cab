"""Hooks of the micromotion plugin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.plugins.methods import Progress

if TYPE_CHECKING:
    from dynode.direction.base import Direction
    from dynode.generator.protocol import Generator
    from dynode.latents.latents import Latents

_DEGREES = tuple(f"{percent}%" for percent in range(0, 101, 10))


@dataclass(frozen=True)
class MicromotionOptions:
    """Options of a micromotion. Give a text or a clip."""

    text: str = dynode.option(
        "", help="What the motion does, with {degree} in it: 'a face with a {degree} smile'."
    )
    degrees: tuple[str, ...] = dynode.option(
        _DEGREES, help="What to put for {degree}, increasing; with --published its own list."
    )
    text_method: str = dynode.option(
        "styleclip", help="Direction method that edits the face by each text."
    )
    text_options: tuple[str, ...] = dynode.option((), help="Its options, NAME=VALUE by commas.")
    clip: Path | None = dynode.option(None, help="Video of the motion, instead of a text.")
    clip_inverter: str = dynode.option(
        "", help="Inverter of its frames; chosen by domain if absent."
    )
    clip_options: tuple[str, ...] = dynode.option((), help="Its options, NAME=VALUE by commas.")
    robust: bool = dynode.option(True, help="Take outliers out by robust PCA first.")
    rank: int = dynode.option(
        0, help="Components of a row of W+ that are kept; 0 goes by --variance.", min=0, max=64
    )
    variance: float = dynode.option(
        0.9, help="Share of a row's motion that the kept components explain.", min=0.0, max=1.0
    )
    truncation: float = dynode.option(
        0.7, help="Of the face that is edited by texts; 0 the mean face.", min=0.0, max=1.0
    )
    face: int | None = dynode.option(
        None, help="Seed of the face that is edited by texts; --seed if absent.", min=0
    )
    published: bool = dynode.option(
        False, help="Exactly the released steps: degrees, stopping rule, rank, end point."
    )


class Micromotion(dynode.DirectionMethod):
    """Find a motion of few dimensions on one face; it moves any other.

    Source:
        Wu et al. 2022, Grasping the Arrow of Time from the Singularity, arXiv:2204.12696.
    """

    name = "micromotion"
    summary = "a motion from a text with {degree}, or from a clip (Micromotion)"
    options = MicromotionOptions
    check_options: ClassVar = {
        "text": "{degree} face",
        "degrees": ("dark", "red", "light red"),
        "text_options": ("steps=2",),
    }

    def find(
        self,
        generator: Generator,
        options: MicromotionOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction:
        """Find the motion; see `DirectionMethod.find`."""
        from dynode_micromotion.motion import find_motion

        return find_motion(generator, options, seed=seed, progress=progress)


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute micromotion."""
    register(Micromotion())
