"""Hooks of the StyleCLIP plugin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.methods import Progress

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents


@dataclass(frozen=True)
class OptimisationOptions:
    """Options of latent optimisation."""

    text: str = dynode.option(help="What the picture should show, such as 'smiling'.")
    neutral: str = dynode.option(
        "", help="What it shows before, such as 'a face'; not used with --published."
    )
    steps: int = dynode.option(
        0, help="Optimiser steps; 0 for the mode's own number.", unit="steps", min=0, max=10_000
    )
    learning_rate: float = dynode.option(
        0.0, help="Adam's peak rate; 0 for the mode's own.", min=0.0, max=10.0
    )
    l2_lambda: float = dynode.option(
        -1.0, help="Weight of the distance to the start; negative for the mode's own.", max=1000.0
    )
    published: bool = dynode.option(
        False, help="Run exactly the published loss, input and schedule, 300 steps."
    )
    clip: str = dynode.option(
        "", help="Text-image model, or architecture such as ViT-B-32-quickgelu."
    )
    clip_weights: Path | None = dynode.option(None, help="Weights file of a real CLIP.")


class LatentOptimisation(dynode.DirectionMethod):
    """Move one picture's code until CLIP sees the text in it.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 4.
    """

    name = "styleclip"
    summary = "edit a picture by a text, by optimising its code (StyleCLIP)"
    options = OptimisationOptions
    check_options: ClassVar = {"text": "red", "steps": 2}
    per_image = True

    def find(
        self,
        generator: Generator,
        options: OptimisationOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find the offset of each given code; see `DirectionMethod.find`."""
        from dynode_styleclip.optimisation import find_offsets

        start = generator.sample(1, seed=seed) if latents is None else latents
        return find_offsets(generator, start, options, seed=seed, progress=progress)


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute latent optimisation."""
    register(LatentOptimisation())
