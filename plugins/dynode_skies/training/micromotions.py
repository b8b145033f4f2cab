"""Find the ready micromotions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dynode_skies.scorer import load_scorer
from dynode_skies.world import SKIES
from dynode_worlds.training.micromotions import MicromotionRecipe, ReadyMotion
from dynode_worlds.training.micromotions import make_micromotions as make_micromotions_of

__all__ = ["MOTIONS", "MicromotionRecipe", "make_micromotions"]

MOTIONS: Mapping[str, ReadyMotion] = {
    "sunset": ReadyMotion("a landscape with a {degree} sunset", "sun_height"),
    "clouds": ReadyMotion("a landscape with {degree} clouds", "cloud_cover"),
}

make_micromotions = partial(make_micromotions_of, SKIES, MOTIONS, load_scorer)
