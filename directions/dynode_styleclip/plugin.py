"""Hooks of the StyleCLIP plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.methods import Progress
from dynode_styleclip.options import GlobalOptions, OptimisationOptions

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents


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


class GlobalDirections(dynode.DirectionMethod):
    """Weigh every style channel by what it has to do with a text: one offset for all pictures.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6.
    """

    name = "styleclip-global"
    summary = "edit any picture by a text, by one offset of style channels (StyleCLIP)"
    options = GlobalOptions
    check_options: ClassVar = {"text": "red", "neutral": "face", "images": 4}

    def find(
        self,
        generator: Generator,
        options: GlobalOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find one direction; see `DirectionMethod.find`."""
        from dynode_styleclip.global_direction import find_global

        return find_global(generator, options, seed=seed, progress=progress)


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute latent optimisation and global directions."""
    register(LatentOptimisation())
    register(GlobalDirections())
