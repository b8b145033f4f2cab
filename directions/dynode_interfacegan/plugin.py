"""Hooks of the InterFaceGAN plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress
from dynode_interfacegan.format import BoundaryFile

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents
    from dynode_interfacegan.options import BoundaryOptions


class InterFaceGAN(dynode.DirectionMethod):
    """Find the normal of the boundary between pictures with much and with little of an attribute.

    Source:
        Shen et al. 2020, InterFaceGAN, arXiv:2005.09635.
    """

    name = "interfacegan"
    summary = "boundary of an attribute, from scores, two texts or labels (InterFaceGAN)"
    options = attribute_on_demand("dynode_interfacegan.options:BoundaryOptions")
    small_budget: ClassVar = {"samples": 1500, "ratio": 0.1}
    check_options: ClassVar = {"attribute": "light", "samples": 100, "ratio": 0.2}

    def find(
        self,
        generator: Generator,
        options: BoundaryOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find one direction; see `DirectionMethod.find`."""
        from dynode_interfacegan.search import find_boundary

        return find_boundary(generator, options, seed=seed, progress=progress)


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute boundaries."""
    register(InterFaceGAN())


@dynode.hookimpl
def register_formats(register: Callable[[dynode.Format], None]) -> None:
    """Contribute the published boundaries."""
    register(BoundaryFile())
