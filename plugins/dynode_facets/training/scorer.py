"""Train the bundled scorer."""

from __future__ import annotations

from functools import partial

from dynode_facets.world import FACETS
from dynode_worlds.training.scorer import ScorerRecipe
from dynode_worlds.training.scorer import train_scorer as train_scorer_of

__all__ = ["ScorerRecipe", "train_scorer"]

train_scorer = partial(train_scorer_of, FACETS)
