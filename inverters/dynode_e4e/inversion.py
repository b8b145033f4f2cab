"""Codes in one pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.encoders.choosing import checked_encoder, find_bundled, missing_encoder
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents
from dynode.plugins.methods import Progress

if TYPE_CHECKING:
    from dynode_e4e.plugin import E4eOptions

WEIGHTS = Path(__file__).parent / "weights"


def bundled_for(info: GeneratorInfo) -> Path | None:
    """Find the bundled encoder of a generator."""
    return find_bundled(WEIGHTS, info)


def invert(
    generator: Generator, images: Tensor, options: E4eOptions, *, progress: Progress
) -> Latents:
    """Read codes off pictures; see `dynode.Inverter.invert`.

    Raises:
        MissingWeightsError: No encoder was given, and none is bundled for the generator.
        GeneratorMismatchError: The encoder is for a generator of another shape.
        CheckpointError: The file cannot be used.
    """
    path = options.weights or bundled_for(generator.info)
    if path is None:
        raise missing_encoder("e4e", generator.info)
    encoder = checked_encoder(path, generator, inputs=3)
    found = list[Tensor]()
    with torch.no_grad():
        for part in images.to(encoder.latent_avg.dtype).split(options.batch):
            found.append(encoder.read(part))
            progress(sum(map(len, found)), len(images), "reading")
    return Latents(torch.cat(found).to(generator.dtype))
