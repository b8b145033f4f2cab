"""Hooks of the SeFa plugin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.plugins import Progress
from dynode.scoring import ComponentOptions
from dynode_sefa.format import FactorFile

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.latents import Latents


@dataclass(frozen=True)
class FactorOptions(ComponentOptions):
    """Options of the closed-form factorisation."""

    rgb: bool = dynode.option(False, help="Take the toRGB layers too; the first always counts.")
    normalize: bool = dynode.option(
        False, help="Weigh every style channel alike, whatever the length of its weights."
    )


class ClosedFormFactors(dynode.DirectionMethod):
    """Find the directions in W to which the style layers answer most.

    Source:
        Shen and Zhou 2021, SeFa, arXiv:2007.06600.
    """

    name = "sefa"
    summary = "directions the style layers answer to most, in closed form (SeFa)"
    options = FactorOptions
    small_budget: ClassVar = {"count": 23}
    check_options: ClassVar = {"count": 2}

    def find(
        self,
        generator: Generator,
        options: FactorOptions,
        *,
        seed: int,
        progress: Progress,
        latents: Latents | None = None,
    ) -> Direction | list[Direction]:
        """Find the first factors, or the one asked for; see `DirectionMethod.find`."""
        from dynode_sefa.factors import find_factors

        found = find_factors(generator, options, seed=seed, progress=progress)
        return found[0] if len(found) == 1 else found


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Contribute the factorisation."""
    register(ClosedFormFactors())


@dynode.hookimpl
def register_formats(register: Callable[[dynode.Format], None]) -> None:
    """Contribute the published factors."""
    register(FactorFile())
