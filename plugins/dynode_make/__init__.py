"""What people make with a generator every day: walks, mixes, morphs and blends of two networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_make.blends import Blend, BlendOptions, blend
    from dynode_make.fitting_directions import FittingDirection
    from dynode_make.grids import WalkGrid, walk_grid
    from dynode_make.keyed import Keyed
    from dynode_make.mixtures import Mixture, mix
    from dynode_make.morphs import Morph, morph
    from dynode_make.walks import Walk, walk

__all__ = [
    "Blend",
    "BlendOptions",
    "FittingDirection",
    "Keyed",
    "Mixture",
    "Morph",
    "Walk",
    "WalkGrid",
    "blend",
    "mix",
    "morph",
    "walk",
    "walk_grid",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Blend": "dynode_make.blends",
        "BlendOptions": "dynode_make.blends",
        "FittingDirection": "dynode_make.fitting_directions",
        "Keyed": "dynode_make.keyed",
        "Mixture": "dynode_make.mixtures",
        "Morph": "dynode_make.morphs",
        "Walk": "dynode_make.walks",
        "WalkGrid": "dynode_make.grids",
        "blend": "dynode_make.blends",
        "mix": "dynode_make.mixtures",
        "morph": "dynode_make.morphs",
        "walk": "dynode_make.walks",
        "walk_grid": "dynode_make.grids",
    },
)
