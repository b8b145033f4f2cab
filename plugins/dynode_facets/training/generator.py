"""Train the bundled generator."""

from __future__ import annotations

from functools import partial

from dynode_facets.world import FACETS
from dynode_worlds.training.generator import GeneratorRecipe
from dynode_worlds.training.generator import train_generator as train_generator_of

__all__ = ["GeneratorRecipe", "train_generator"]

train_generator = partial(train_generator_of, FACETS)
