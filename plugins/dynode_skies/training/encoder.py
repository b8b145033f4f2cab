"""Train the bundled encoder."""

from __future__ import annotations

from functools import partial

from dynode_skies.world import SKIES
from dynode_worlds.training.encoder import EncoderRecipe
from dynode_worlds.training.encoder import train_encoder as train_encoder_of

__all__ = ["EncoderRecipe", "train_encoder"]

train_encoder = partial(train_encoder_of, SKIES)
