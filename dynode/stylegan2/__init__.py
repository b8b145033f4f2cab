"""StyleGAN2: the network, the generator built on it, and the readers of published checkpoints.

Names are imported at first use, so that `dynode.stylegan2.config` can be read without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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


def __getattr__(name: str) -> object:
    """Import a network class at its first use (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'dynode.stylegan2' has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value
