"""StyleGAN2: the network, the generator built on it, and the readers of published checkpoints.

Names are imported at first use, so that `dynode.stylegan2.config` can be read without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.stylegan2.blocks import (
        Block,
        FirstBlock,
        LayerInputs,
        SynthesisState,
    )
    from dynode.stylegan2.building import build_network
    from dynode.stylegan2.config import (
        DiscriminatorConfig,
        GeneratorConfig,
    )
    from dynode.stylegan2.discriminator import (
        DiscriminatorNetwork,
        Epilogue,
    )
    from dynode.stylegan2.generator import StyleGAN2
    from dynode.stylegan2.layers import (
        SLOPE,
        Convolution,
        Linear,
        StyledConvolution,
    )
    from dynode.stylegan2.loading import CLASS_NAMES, load_cropped, load_discriminator
    from dynode.stylegan2.mapping import MappingNetwork
    from dynode.stylegan2.network import GeneratorNetwork
    from dynode.stylegan2.noise import (
        NoiseMode,
        resolve_noise,
    )
    from dynode.stylegan2.resampling import double
    from dynode.stylegan2.synthesis import SynthesisNetwork

__all__ = [
    "Block",
    "CLASS_NAMES",
    "Convolution",
    "DiscriminatorConfig",
    "DiscriminatorNetwork",
    "Epilogue",
    "FirstBlock",
    "GeneratorConfig",
    "GeneratorNetwork",
    "LayerInputs",
    "Linear",
    "MappingNetwork",
    "NoiseMode",
    "SLOPE",
    "StyleGAN2",
    "StyledConvolution",
    "SynthesisNetwork",
    "SynthesisState",
    "build_network",
    "double",
    "load_cropped",
    "load_discriminator",
    "resolve_noise",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Block": "dynode.stylegan2.blocks",
        "CLASS_NAMES": "dynode.stylegan2.loading",
        "Convolution": "dynode.stylegan2.layers",
        "DiscriminatorConfig": "dynode.stylegan2.config",
        "DiscriminatorNetwork": "dynode.stylegan2.discriminator",
        "Epilogue": "dynode.stylegan2.discriminator",
        "FirstBlock": "dynode.stylegan2.blocks",
        "GeneratorConfig": "dynode.stylegan2.config",
        "GeneratorNetwork": "dynode.stylegan2.network",
        "LayerInputs": "dynode.stylegan2.blocks",
        "Linear": "dynode.stylegan2.layers",
        "MappingNetwork": "dynode.stylegan2.mapping",
        "NoiseMode": "dynode.stylegan2.noise",
        "SLOPE": "dynode.stylegan2.layers",
        "StyleGAN2": "dynode.stylegan2.generator",
        "StyledConvolution": "dynode.stylegan2.layers",
        "SynthesisNetwork": "dynode.stylegan2.synthesis",
        "SynthesisState": "dynode.stylegan2.blocks",
        "build_network": "dynode.stylegan2.building",
        "double": "dynode.stylegan2.resampling",
        "load_cropped": "dynode.stylegan2.loading",
        "load_discriminator": "dynode.stylegan2.loading",
        "resolve_noise": "dynode.stylegan2.noise",
    },
)
