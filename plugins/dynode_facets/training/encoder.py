"""Train the bundled encoder."""

from __future__ import annotations

from functools import partial

from dynode_facets.world import FACETS
from dynode_worlds.training.encoder import EncoderRecipe
from dynode_worlds.training.encoder import train_encoder as train_encoder_of

__all__ = ["EncoderRecipe", "train_encoder"]

train_encoder = partial(train_encoder_of, FACETS)
