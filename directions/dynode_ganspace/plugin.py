"""Hooks of the GANSpace plugin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.plugins import Progress
from dynode.scoring import ComponentOptions
from dynode_ganspace.format import ComponentFile

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents


@dataclass(frozen=True)
class PrincipalOptions(ComponentOptions):
    """Options of the principal components."""

    samples: int = dynode.option(
        20_000, help="Codes the components are fitted to.", unit="codes", min=2, max=10**7
    )
    set_coordinate: bool = dynode.option(
        False, help="Set the coordinate of a code to the strength, instead of moving by it."
    )


class PrincipalComponents(dynode.DirectionMethod):
    """Find the directions along which the codes in W vary most.

    Source:
        Härkönen et al. 2020, GANSpace, arXiv:2004.02546.
    """

    name = "ganspace"
    summary = "principal components of the codes (GANSpace)"
    options = PrincipalOptions
    small_budget: ClassVar = {"count": 23}
    check_options: ClassVar = {"count": 2, "samples": 200}

    def find(
        self,
        generator: Generator,
        options: PrincipalOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find the first components, or the one asked for; see `DirectionMethod.find`."""
        from dynode_ganspace.principal import find_components

        found = find_components(generator, options, seed=seed, progress=progress)
        return found[0] if len(found) == 1 else found


class CoordinateKind(dynode.DirectionKind):
    """Files of components whose coordinate is set."""

    name = "ganspace-coordinate"
    summary = "a coordinate of the codes along a component, set (GANSpace, e4e)"

    def load(self) -> type[Direction]:
        """See `dynode.DirectionKind.load`."""
        from dynode_ganspace.coordinate import CoordinateDirection

        return CoordinateDirection


@dynode.hookimpl
def register_direction_kinds(register: Callable[[dynode.DirectionKind], None]) -> None:
    """Contribute the kind of direction that sets a coordinate."""
    register(CoordinateKind())


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute the components."""
    register(PrincipalComponents())


@dynode.hookimpl
def register_formats(register: Callable[[dynode.Format], None]) -> None:
    """Contribute its published components."""
    register(ComponentFile())
