"""Train the bundled scorer of landscapes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dynode.options import option
from dynode_skies.world import SKIES
from dynode_worlds.training import scorer
from dynode_worlds.training.scorer import train_scorer as train_scorer_of

train_scorer = partial(train_scorer_of, SKIES)


@dataclass(frozen=True)
class ScorerRecipe(scorer.ScorerRecipe):
    """Options of `train_scorer`; the defaults made the bundled scorer."""

    pictures: int = option(8192, help="Pictures kept in memory at a time.", min=16)
    synthesized: float = option(
        0.2, help="Share of the pictures that a generator draws.", min=0.0, max=1.0
    )
    steps: int = option(1000, help="Steps of training.", unit="steps", min=1)
    batch: int = option(64, help="Pictures a step.", min=2)
    width: int = option(20, help="Channels of the first stage.", min=4)
