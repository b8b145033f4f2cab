"""Train the bundled small CLIP."""

from __future__ import annotations

from functools import partial

from dynode_facets.world import FACETS
from dynode_worlds.training.clip import ClipRecipe
from dynode_worlds.training.clip import train_clip as train_clip_of

__all__ = ["ClipRecipe", "train_clip"]

train_clip = partial(train_clip_of, FACETS)
