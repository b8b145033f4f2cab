"""Train the bundled small CLIP of landscapes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dynode.options import option
from dynode_skies.world import SKIES
from dynode_worlds.training import clip
from dynode_worlds.training.clip import train_clip as train_clip_of

train_clip = partial(train_clip_of, SKIES)


@dataclass(frozen=True)
class ClipRecipe(clip.ClipRecipe):
    """Options of `train_clip`; the defaults made the bundled model."""

    width: int = option(20, help="Channels of the image tower's first stage.", min=4)
