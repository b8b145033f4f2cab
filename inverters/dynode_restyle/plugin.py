"""The hooks of this plugin: the inverter ReStyle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress
from dynode_encoders import EncoderInverter

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.generator import Generator
    from dynode_encoders import LoadedEncoder


@dataclass(frozen=True)
class RestyleOptions:
    """Options of the inverter."""

    weights: Path | None = dynode.option(
        None,
        help="Encoder: a published ReStyle checkpoint, or one of 'dynode train restyle'; the bundled one "
        "if absent.",
    )
    first: Path | None = dynode.option(
        None, help="Another ReStyle encoder for the first iteration (encoder bootstrapping)."
    )
    iterations: int = dynode.option(5, help="Turns of the loop.", min=1, max=100)
    batch: int = dynode.option(8, help="Pictures read at once.", unit="pictures", min=1)


class Restyle(EncoderInverter):
    """Read a residual off the picture and its reconstruction, several times over.

    Source:
        Alaluf et al. 2021, ReStyle, arXiv:2104.02699.
    """

    name = "restyle"
    summary = "codes that an encoder corrects in several turns (ReStyle)"
    options = RestyleOptions
    training = "restyle"
    training_summary = "Train a ReStyle encoder for a generator"
    training_options = attribute_on_demand("dynode_encoders.training:RestyleRecipe")
    check_options: ClassVar = {"iterations": 2}
    bundled = Path(__file__).parent / "weights"
    inputs = 6

    def read(
        self,
        encoder: LoadedEncoder,
        generator: Generator,
        images: Tensor,
        options: RestyleOptions,
        *,
        progress: Progress,
    ) -> Tensor:
        """Read codes in turns; see `EncoderInverter.read`."""
        from dynode_restyle.turns import read_in_turns

        first = encoder if options.first is None else self.open(options.first, generator)
        return read_in_turns(first, encoder, generator, images, options, progress=progress)


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Register the inverters of this package."""
    register(Restyle())
