"""Write a facets data set: pictures or clips with factors and captions, in one zip file."""

from __future__ import annotations

from functools import partial

from dynode_facets.world import FACETS
from dynode_worlds import dataset

render_dataset = partial(dataset.render_dataset, FACETS)
"""`dynode_worlds.dataset.render_dataset` of this world: (count, output, seed, ...)."""
