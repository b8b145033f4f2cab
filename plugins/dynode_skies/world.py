"""The skies world, as the recipes of its models see it."""

from __future__ import annotations

from dynode_skies.bundled import load_generator
from dynode_skies.captions import described, vocabulary
from dynode_skies.clips import MOTIONS
from dynode_skies.factors import POPULATION
from dynode_skies.render import render
from dynode_skies.w_space import CODE_SPACE
from dynode_worlds.world import World

SKIES = World(
    name="skies",
    population=POPULATION,
    codes=CODE_SPACE,
    render=render,
    describe=described,
    vocabulary=vocabulary,
    motions=MOTIONS,
    load_generator=load_generator,
)
