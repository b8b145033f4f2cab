"""The facets world, as the recipes of its models see it."""

from __future__ import annotations

from dynode_facets.captions import caption
from dynode_facets.clips import MAKERS
from dynode_facets.factors import POPULATION
from dynode_facets.render import render
from dynode_facets.w_space import CODE_SPACE
from dynode_worlds.world import World

FACETS = World("facets", POPULATION, CODE_SPACE, render, caption, MAKERS)
