"""Distances of pictures that are squared Euclidean distances of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.distance.distance import (
        Distance,
        PixelDistance,
        ResizedDistance,
        Resizing,
    )
    from dynode.distance.loading import (
        DISTANCES,
        choose_distance,
        load_distance,
    )
    from dynode.distance.lpips import LpipsDistance
    from dynode.distance.options import ReconstructionOptions
    from dynode.distance.reconstruction import (
        ReconstructionLoss,
        ReconstructionTarget,
    )
    from dynode.distance.scored import unit_features

__all__ = [
    "DISTANCES",
    "Distance",
    "LpipsDistance",
    "PixelDistance",
    "ReconstructionLoss",
    "ReconstructionOptions",
    "ReconstructionTarget",
    "ResizedDistance",
    "Resizing",
    "choose_distance",
    "load_distance",
    "unit_features",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "DISTANCES": "dynode.distance.loading",
        "Distance": "dynode.distance.distance",
        "LpipsDistance": "dynode.distance.lpips",
        "PixelDistance": "dynode.distance.distance",
        "ReconstructionLoss": "dynode.distance.reconstruction",
        "ReconstructionOptions": "dynode.distance.options",
        "ReconstructionTarget": "dynode.distance.reconstruction",
        "ResizedDistance": "dynode.distance.distance",
        "Resizing": "dynode.distance.distance",
        "choose_distance": "dynode.distance.loading",
        "load_distance": "dynode.distance.loading",
        "unit_features": "dynode.distance.scored",
    },
)
