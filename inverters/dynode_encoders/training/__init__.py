"""Training encoders for any generator: published losses and schedules, resumable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_encoders.training.losses import psnr
    from dynode_encoders.training.recipe import (
        EncoderRecipe,
        RestyleRecipe,
    )

__all__ = [
    "EncoderRecipe",
    "RestyleRecipe",
    "psnr",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "psnr": "dynode_encoders.training.losses",
        "EncoderRecipe": "dynode_encoders.training.recipe",
        "RestyleRecipe": "dynode_encoders.training.recipe",
    },
)
