"""The hooks of this plugin: the inverter ReStyle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.encoders.training.recipe import RestyleRecipe
from dynode.plugins.methods import Progress
from dynode.plugins.trainable import Trainable

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.generator.protocol import Generator, GeneratorInfo
    from dynode.latents.latents import Latents


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


class Restyle(dynode.Inverter, Trainable):
    """Read a residual off the picture and its reconstruction, several times over.

    Source:
        Alaluf et al. 2021, ReStyle, arXiv:2104.02699.
    """

    name = "restyle"
    summary = "codes that an encoder corrects in several turns (ReStyle)"
    options = RestyleOptions
    training = "restyle"
    training_summary = "Train a ReStyle encoder for a generator"
    training_options = RestyleRecipe
    check_options: ClassVar = {"iterations": 2}

    def suits(self, info: GeneratorInfo) -> bool:
        """See `Inverter.suits`: the bundled encoder was trained for this generator."""
        from dynode_restyle.inversion import bundled_for

        return bundled_for(info) is not None

    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: RestyleOptions,
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes; see `Inverter.invert`."""
        from dynode_restyle.inversion import invert

        return invert(generator, images, options, progress=progress)

    def train(
        self,
        generator: Generator,
        output: Path,
        options: RestyleRecipe,
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
    register(Restyle())
