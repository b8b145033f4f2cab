"""Clips of the facets world as trajectories of codes; see `dynode_worlds.code_clips`."""

from __future__ import annotations

from functools import partial

from dynode_facets.world import FACETS
from dynode_worlds import code_clips

moving_factors = partial(code_clips.moving_factors, FACETS)
write_code_clips = partial(code_clips.write_code_clips, FACETS)
