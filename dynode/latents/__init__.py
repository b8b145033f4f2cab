"""Latents: everything synthesis needs, offsets of styles and weights included, and their file."""

from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.latents.weight_offset import LowRankOffset, Offset, WeightOffset

__all__ = ["Latents", "LowRankOffset", "Motion", "Offset", "WeightOffset"]
