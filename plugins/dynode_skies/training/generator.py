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
        (256, 256, 256, 192, 96, 64), help="Channels of each block, from 4 pixels up."
    )
    steps: tuple[int, ...] = option((500, 700, 1000, 2800), help="Steps of each stage.")
    batch: tuple[int, ...] = option((32, 32, 24, 16), help="Pictures a step, in each stage.")
    learning_rate: float = option(2e-2, help="Highest learning rate.", min=0.0)
    anneal: float = option(0.7, help="Last share of the steps over which it falls.", min=0.01)
    alone: float = option(
        0.35,
        help="Last share of the steps, in which the loss is the error in decibels alone.",
        min=0.0,
    )
