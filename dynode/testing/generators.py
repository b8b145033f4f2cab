"""Randomly initialised StyleGAN2 of any shape: drawn in milliseconds, the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from dynode.stylegan2.building import build_network
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint
from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.generator import StyleGAN2
from dynode.stylegan2.network import GeneratorNetwork


def tiny_generator(
    resolution: int = 32,
    *,
    w_dim: int = 64,
    z_dim: int | None = None,
    c_dim: int = 0,
    channels: int | Mapping[int, int] = 16,
    mapping_layers: int = 2,
    seed: int = 0,
    name: str = "tiny",
    domain: str = "noise",
) -> StyleGAN2:
    """Make a small generator with random weights.

    Its pictures mean nothing, but everything works on it: noise has a strength, biases are not
    zero, and the mean code is the mean of its mapping.

    Args:
        resolution: Side of the picture in pixels, a power of two.
        w_dim: Width of a row of W+.
        z_dim: Width of the random input; None means `w_dim`.
        c_dim: Number of classes, 0 for none.
        channels: Channels of every block, or of each by resolution.
        mapping_layers: Layers of the mapping network.
        seed: Seed of the weights.
        name: Name in its description.
        domain: Domain in its description.

    Returns:
        The generator, on the CPU in float32, without gradients to its weights.

    Examples:
        >>> generator = tiny_generator(resolution=16)
        >>> generator.synthesize(generator.sample(2, seed=0)).shape
        torch.Size([2, 3, 16, 16])
    """
    sides = [2**power for power in range(2, resolution.bit_length())]
    widths = {side: channels for side in sides} if isinstance(channels, int) else dict(channels)
    config = GeneratorConfig(
        resolution,
        widths,
        z_dim=w_dim if z_dim is None else z_dim,
        w_dim=w_dim,
        c_dim=c_dim,
        mapping_layers=mapping_layers,
    )
    network = build_network(config, _random_state(config, seed), source=name)
    return StyleGAN2(network, name=name, domain=domain, licence="Apache-2.0", source="random")


def write_tiny_generator(path: str | Path, generator: StyleGAN2 | None = None) -> Path:
    """Write a generator to a checkpoint file in dynode's own layout.

    Args:
        path: Where to, ending in `.safetensors`.
        generator: What to write; None for `tiny_generator()`.

    Returns:
        The path.
    """
    written = generator or tiny_generator()
    about = written.info
    metadata = {"name": about.name, "domain": about.domain, "licence": about.licence}
    state = {key: value.clone() for key, value in written.network.state_dict().items()}
    checkpoint = Checkpoint("dynode", written.network.config, state, metadata=metadata)
    write_checkpoint(checkpoint, Path(path), layout="dynode")
    return Path(path)


def _random_state(config: GeneratorConfig, seed: int) -> dict[str, Tensor]:
    """Draw every stored value; the mean code is left out, so that it is estimated."""
    with torch.device("meta"):
        shapes = {key: part.shape for key, part in GeneratorNetwork(config).state_dict().items()}
    random = torch.Generator().manual_seed(seed)
    return {
        key: _centre(key) + _spread(key, config) * torch.randn(shape, generator=random)
        for key, shape in shapes.items()
        if key != "mapping.w_avg"
    }


def _centre(key: str) -> float:
    if key.endswith("noise_strength"):
        return 0.2
    return 1.0 if key.endswith("affine.bias") else 0.0


def _spread(key: str, config: GeneratorConfig) -> float:
    stored = 1 / config.mapping_lr if key.startswith("mapping.fc") else 1.0
    if key.endswith("torgb.weight"):
        return 0.3  # keeps the sum of the toRGB layers near [-1, 1]
    if key.endswith(("bias", "noise_strength")):
        return 0.1 * stored
    return stored
