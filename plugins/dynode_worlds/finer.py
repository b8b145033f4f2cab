"""A generator of a world with one more block, which draws the same codes at twice the size."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from dynode.errors import CorruptCheckpointError
from dynode.files import load_tensors
from dynode.stylegan2 import GeneratorConfig, StyleGAN2, build_network


def finer_config(config: GeneratorConfig, channels: int) -> GeneratorConfig:
    """Describe a generator with one more block, which reads the last row of the codes."""
    double = 2 * config.resolution
    return dataclasses.replace(
        config,
        resolution=double,
        channels={**config.channels, double: channels},
        refines=config.resolution,
    )


def drawn_finer_by(file: Path, generator: StyleGAN2) -> StyleGAN2:
    """Add a trained block to a generator.

    Codes, directions, inverters and the fingerprint stay those of the generator, and at its own size
    it draws the same pictures, bit for bit.

    Args:
        file: What `dynode_worlds.training.refining` wrote.
        generator: The generator it was trained on; not changed, and no weights are shared.

    Raises:
        CorruptCheckpointError: The file does not fit.
    """
    info, network = generator.info, generator.network
    block, _ = load_tensors(file)
    double = 2 * network.config.resolution
    bias = f"b{double}.conv1.bias"
    if bias not in block:
        raise CorruptCheckpointError(f"{file.name} has no {bias}; train the block again")
    channels = block[bias].shape[0]
    state = {f"synthesis.{name}": part for name, part in block.items()} | network.state_dict()
    finer = build_network(finer_config(network.config, channels), state, source=file.name)
    return StyleGAN2(
        finer.to(generator.device),
        name=f"{info.domain}-{double}",
        domain=info.domain,
        crop=info.crop,
        licence=info.licence,
        source=info.source,
        mean_code=info.mean_code,
    )
