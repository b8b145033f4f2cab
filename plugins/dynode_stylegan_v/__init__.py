"""StyleGAN-V: continuous video generators, and motion for any generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_stylegan_v.config import MotionConfig, VideoConfig, VideoDiscriminatorConfig
    from dynode_stylegan_v.discriminator import VideoDiscriminator
    from dynode_stylegan_v.generator import StyleGANV
    from dynode_stylegan_v.mocogan import MoCoGANDiscriminator
    from dynode_stylegan_v.motion import MotionNetwork
    from dynode_stylegan_v.synthesis import VideoNetwork
    from dynode_stylegan_v.time_encoder import TimeEncoder

_LAZY = {
    "MoCoGANDiscriminator": "dynode_stylegan_v.mocogan",
    "MotionConfig": "dynode_stylegan_v.config",
    "MotionNetwork": "dynode_stylegan_v.motion",
    "StyleGANV": "dynode_stylegan_v.generator",
    "TimeEncoder": "dynode_stylegan_v.time_encoder",
    "VideoConfig": "dynode_stylegan_v.config",
    "VideoDiscriminator": "dynode_stylegan_v.discriminator",
    "VideoDiscriminatorConfig": "dynode_stylegan_v.config",
    "VideoNetwork": "dynode_stylegan_v.synthesis",
}

__all__ = [
    "MoCoGANDiscriminator",
    "MotionConfig",
    "MotionNetwork",
    "StyleGANV",
    "TimeEncoder",
    "VideoConfig",
    "VideoDiscriminator",
    "VideoDiscriminatorConfig",
    "VideoNetwork",
]

__getattr__ = names_on_demand(__name__, _LAZY)
