"""Latents: everything synthesis needs, offsets of styles and weights included, and their file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.latents.latents import Latents
    from dynode.latents.mixing import mix_table
    from dynode.latents.motion import Motion
    from dynode.latents.weight_offset import (
        LowRankOffset,
        Offset,
        WeightOffset,
    )

__all__ = [
    "Latents",
    "LowRankOffset",
    "Motion",
    "Offset",
    "WeightOffset",
    "mix_table",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Latents": "dynode.latents.latents",
        "LowRankOffset": "dynode.latents.weight_offset",
        "Motion": "dynode.latents.motion",
        "Offset": "dynode.latents.weight_offset",
        "WeightOffset": "dynode.latents.weight_offset",
        "mix_table": "dynode.latents.mixing",
    },
)
