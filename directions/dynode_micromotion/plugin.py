"""Hooks of the micromotion plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress
from dynode_micromotion.format import MotionFile

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents
    from dynode_micromotion.options import MicromotionOptions


class Micromotion(dynode.DirectionMethod):
    """Find a motion of few dimensions on one face; it moves any other.

    Source:
        Wu et al. 2022, Grasping the Arrow of Time from the Singularity, arXiv:2204.12696.
    """

    name = "micromotion"
    summary = "a motion from a text with {degree}, or from a clip (Micromotion)"
    options = attribute_on_demand("dynode_micromotion.options:MicromotionOptions")
    text_form = "{text} {degree}"
    finds_motions = True
    small_budget: ClassVar = {"degrees": ("20%", "40%", "60%", "80%", "100%")}
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


@dynode.hookimpl
def register_formats(register: Callable[[dynode.Format], None]) -> None:
    """Contribute the published motions."""
    register(MotionFile())
