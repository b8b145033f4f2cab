"""Train the bundled generator of landscapes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dynode.options import option
from dynode_skies.world import SKIES
from dynode_worlds.training import generator
from dynode_worlds.training.generator import train_generator as train_generator_of

train_generator = partial(train_generator_of, SKIES)


@dataclass(frozen=True)
class GeneratorRecipe(generator.GeneratorRecipe):
    """Options of `train_generator`; the defaults made the bundled generator."""

    channels: tuple[int, ...] = option(
        (192, 192, 192, 96, 48, 32), help="Channels of each block, from 4 pixels up."
    )
    steps: tuple[int, ...] = option((600, 600, 700, 1400), help="Steps of each stage.")
    batch: tuple[int, ...] = option((32, 32, 24, 16), help="Pictures a step, in each stage.")
