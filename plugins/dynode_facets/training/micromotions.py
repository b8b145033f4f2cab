"""Find the ready micromotions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dynode_facets.scorer import load_scorer
from dynode_facets.world import FACETS
from dynode_worlds.training.micromotions import MicromotionRecipe, ReadyMotion
from dynode_worlds.training.micromotions import make_micromotions as make_micromotions_of

__all__ = ["MOTIONS", "MicromotionRecipe", "make_micromotions"]

MOTIONS: Mapping[str, ReadyMotion] = {
    "smile": ReadyMotion("a face with a {degree} smile", "smile"),
    "angry": ReadyMotion("a face, {degree} angry", "brow"),
    "ageing": ReadyMotion("a {degree} old person", "age"),
    "eyes-closed": ReadyMotion("a face with eyes {degree} closed", "eye_open"),
    "head-turn": ReadyMotion("a face, head turned {degree} to the right", "yaw"),
}

make_micromotions = partial(make_micromotions_of, FACETS, MOTIONS, load_scorer)
