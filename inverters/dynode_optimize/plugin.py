"""The hooks of this plugin: inversion by optimisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.generator import Generator
    from dynode.latents import Latents
    from dynode_optimize.options import OptimizeOptions


class Optimize(dynode.Inverter):
    """Gradient descent on the code, or on one a row, from the mean or from an encoder's guess."""

    name = "optimize"
    summary = "codes by gradient descent in W or W+, for any generator"
    options = attribute_on_demand("dynode_optimize.options:OptimizeOptions")
    small_budget: ClassVar = {"steps": 100}
    check_options: ClassVar = {"steps": 25}

    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: OptimizeOptions,
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes; see `Inverter.invert`."""
        from dynode_optimize.inversion import invert

        return invert(generator, images, options, seed=seed, progress=progress)


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Register the inverters of this package."""
    register(Optimize())
