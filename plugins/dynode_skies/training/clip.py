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

    pictures: int = option(6144, help="Pictures kept in memory at a time.", min=16)
    synthesized: float = option(
        0.15, help="Share of the pictures that a generator draws.", min=0.0, max=1.0
    )
    seed: int = option(1, help="Seed of everything random; not that of the scorer.")
    steps: int = option(600, help="Steps of training.", unit="steps", min=1)
    captions: int = option(48, help="Captions a step.", min=2)
    learning_rate: float = option(2.5e-3, help="Highest learning rate.", min=0.0)
    width: int = option(20, help="Channels of the image tower's first stage.", min=4)
    reads: bool = option(True, help="Whether the image tower reads factors, not places.")
