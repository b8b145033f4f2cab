"""Clips of the skies world as trajectories of codes; see `dynode_worlds.code_clips`."""

from __future__ import annotations

from functools import partial

from dynode_skies.world import SKIES
from dynode_worlds import code_clips

moving_factors = partial(code_clips.moving_factors, SKIES)
write_code_clips = partial(code_clips.write_code_clips, SKIES)
