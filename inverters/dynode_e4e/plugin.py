"""The hooks of this plugin: the inverter e4e."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Progress
from dynode_encoders import EncoderInverter

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.generator import Generator
    from dynode_encoders import LoadedEncoder


@dataclass(frozen=True)
class E4eOptions:
    """Options of the inverter."""

    weights: Path | None = dynode.option(
        None,
        help="Encoder: a published e4e or pSp checkpoint, or one of 'dynode train e4e'; the bundled one "
        "if absent.",
    )
    batch: int = dynode.option(8, help="Pictures read at once.", unit="pictures", min=1)


class E4e(EncoderInverter):
    """One pass of an encoder made for editing: codes near those of the mapping network.

    Source:
        Tov et al. 2021, e4e, arXiv:2102.02766.
    """

    name = "e4e"
    summary = "codes in one pass of an encoder, easy to edit (e4e, pSp)"
    options = E4eOptions
    training = "e4e"
    training_summary = "Train an e4e encoder for a generator"
    training_options = attribute_on_demand("dynode_encoders.training:EncoderRecipe")
    bundled = Path(__file__).parent / "weights"

    def read(
        self,
        encoder: LoadedEncoder,
        generator: Generator,
        images: Tensor,
        options: E4eOptions,
        *,
        progress: Progress,
    ) -> Tensor:
        """Read codes in one pass; see `EncoderInverter.read`."""
        codes = encoder.read(images)
        progress(1, 1, "reading")
        return codes


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Register the inverters of this package."""
    register(E4e())
