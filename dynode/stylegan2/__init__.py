"""StyleGAN2: the network, the generator built on it, and the readers of published checkpoints.

Names are imported at first use, so that `dynode.stylegan2.config` can be read without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig

if TYPE_CHECKING:
    from dynode.stylegan2.discriminator import DiscriminatorNetwork
    from dynode.stylegan2.generator import StyleGAN2
    from dynode.stylegan2.network import GeneratorNetwork

_LAZY = {
    "DiscriminatorNetwork": "dynode.stylegan2.discriminator",
    "GeneratorNetwork": "dynode.stylegan2.network",
    "StyleGAN2": "dynode.stylegan2.generator",
}

__all__ = [
    "DiscriminatorConfig",
    "DiscriminatorNetwork",
    "GeneratorConfig",
    "GeneratorNetwork",
    "StyleGAN2",
]

__getattr__ = names_on_demand(__name__, _LAZY)
