"""The hooks of this plugin: pivotal tuning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.generator import Generator, GeneratorInfo
    from dynode.latents import Latents
    from dynode_pti.options import PtiOptions


class Pti(dynode.Inverter):
    """An inverter's code, and a small offset of the generator's weights tuned around it."""

    name = "pti"
    summary = "a code and a tuned generator, as a delta of a few percent of its size (PTI)"
    options = attribute_on_demand("dynode_pti.options:PtiOptions")
    small_budget: ClassVar = {"steps": 60}
    check_options: ClassVar = {"steps": 3, "pivot": "optimize", "pivot_steps": 10, "rank": 1}

    def suits(self, info: GeneratorInfo) -> bool:
        """See `Inverter.suits`: it takes seconds a picture, so only when it is named."""
        return False

    def wants_whole_clips(self, options: Any) -> bool:
        """See `Inverter.wants_whole_clips`: one delta may serve a whole clip."""
        from dynode_pti.options import PtiOptions

        return isinstance(options, PtiOptions) and options.delta == "one"

    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: PtiOptions,
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes and a delta; see `Inverter.invert`."""
        from dynode_pti.inversion import invert

        return invert(generator, images, options, seed=seed, progress=progress)


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Register the inverters of this package."""
    register(Pti())
