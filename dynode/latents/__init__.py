"""Latents: everything synthesis needs, offsets of styles and weights included, and their file."""

from dynode.latents.latents import Latents
from dynode.latents.weight_offset import LowRankOffset, Offset, WeightOffset

__all__ = ["Latents", "LowRankOffset", "Offset", "WeightOffset"]
