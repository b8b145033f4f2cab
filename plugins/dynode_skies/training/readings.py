"""Read the first pictures of seed 0 with the bundled scorer, for `find` to begin with."""

from __future__ import annotations

from functools import partial

from dynode_skies.scorer import load_scorer
from dynode_skies.world import SKIES
from dynode_worlds.training.readings import ReadingsRecipe
from dynode_worlds.training.readings import read_pictures as read_pictures_of

__all__ = ["ReadingsRecipe", "read_pictures"]

read_pictures = partial(read_pictures_of, SKIES, load_scorer)
