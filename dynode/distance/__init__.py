"""Distances of pictures that are squared Euclidean distances of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.distance.options import ReconstructionOptions
from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.distance.distance import Distance
    from dynode.distance.loading import DISTANCES, choose_distance, load_distance
    from dynode.distance.reconstruction import ReconstructionLoss, ReconstructionTarget

__all__ = [
    "DISTANCES",
    "Distance",
    "ReconstructionLoss",
    "ReconstructionOptions",
    "ReconstructionTarget",
    "choose_distance",
    "load_distance",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "DISTANCES": "dynode.distance.loading",
        "Distance": "dynode.distance.distance",
        "ReconstructionLoss": "dynode.distance.reconstruction",
        "ReconstructionTarget": "dynode.distance.reconstruction",
        "choose_distance": "dynode.distance.loading",
        "load_distance": "dynode.distance.loading",
    },
)
