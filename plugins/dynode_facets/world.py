"""The facets world, as the recipes of its models see it."""

from __future__ import annotations

from dynode_facets.bundled import load_generator
from dynode_facets.captions import described, vocabulary
from dynode_facets.clips import MAKERS
from dynode_facets.factors import POPULATION
from dynode_facets.render import render
from dynode_facets.w_space import CODE_SPACE
from dynode_worlds.world import World

FACETS = World(
    name="facets",
    population=POPULATION,
    codes=CODE_SPACE,
    render=render,
    describe=described,
    vocabulary=vocabulary,
    motions=MAKERS,
    load_generator=load_generator,
)
