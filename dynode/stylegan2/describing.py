"""What a StyleGAN2 network tells of itself."""

from __future__ import annotations

from typing import Any

from dynode.stylegan2.network import GeneratorNetwork


def described(network: GeneratorNetwork) -> dict[str, Any]:  # fields of several types
    """Give the members of `GeneratorInfo` that the network alone decides."""
    config, synthesis = network.config, network.synthesis
    layers = {name: synthesis.layer(name) for name in synthesis.rows}
    return {
        "resolution": config.size,
        "num_layers": config.num_layers,
        "w_dim": config.w_dim,
        "z_dim": config.z_dim,
        "c_dim": config.c_dim,
        "style_channels": {name: layer.weight.shape[1] for name, layer in layers.items()},
        "style_rows": dict(synthesis.rows),
        "rgb_layers": tuple(name for name in layers if name.endswith(".torgb")),
        "conv_layers": {name: tuple(layer.weight.shape) for name, layer in layers.items()},
        "image_channels": config.image_channels,
    }
