"""The hooks of this plugin: the inverter e4e."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.encoders.training.recipe import EncoderRecipe
from dynode.plugins.methods import Progress
from dynode.plugins.trainable import Trainable

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.generator.protocol import Generator, GeneratorInfo
    from dynode.latents.latents import Latents


@dataclass(frozen=True)
class E4eOptions:
    """Options of the inverter."""

    weights: Path | None = dynode.option(
        None,
        help="Encoder: a published e4e or pSp checkpoint, or one of 'dynode train e4e'; the bundled one "
        "if absent.",
    )
    batch: int = dynode.option(8, help="Pictures read at once.", unit="pictures", min=1)


class E4e(dynode.Inverter, Trainable):
    """One pass of an encoder made for editing: codes near those of the mapping network.

    Source:
        Tov et al. 2021, e4e, arXiv:2102.02766.
    """

    name = "e4e"
    summary = "codes in one pass of an encoder, easy to edit (e4e, pSp)"
    options = E4eOptions
    training = "e4e"
    training_summary = "Train an e4e encoder for a generator"
    training_options = EncoderRecipe
    check_options: ClassVar = {}

    def suits(self, info: GeneratorInfo) -> bool:
        """See `Inverter.suits`: the bundled encoder was trained for this generator."""
        from dynode_e4e.inversion import bundled_for

        return bundled_for(info) is not None

    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: E4eOptions,
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes; see `Inverter.invert`."""
        from dynode_e4e.inversion import invert

        return invert(generator, images, options, progress=progress)

    def train(
        self,
        generator: Generator,
        output: Path,
        options: EncoderRecipe,
        *,
        data: str,
        folder: Path,
        seed: int,
        force: bool,
        progress: Progress,
    ) -> None:
        """Train an encoder; see `Trainable.train`."""
        from dynode.encoders.training.trainer import train_encoder

        train_encoder(
            generator,
            options,
            output,
            data=data,
            folder=folder,
            seed=seed,
            force=force,
            progress=progress,
        )


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Register the inverters of this package."""
    register(E4e())
