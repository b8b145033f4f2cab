"""Codes in several turns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.encoders.choosing import checked_encoder, find_bundled, missing_encoder
from dynode.encoders.reading import LoadedEncoder
from dynode.encoders.refinement import Iteration, iterations
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents
from dynode.plugins.methods import Progress

if TYPE_CHECKING:
    from dynode_restyle.plugin import RestyleOptions

WEIGHTS = Path(__file__).parent / "weights"


def bundled_for(info: GeneratorInfo) -> Path | None:
    """Find the bundled encoder of a generator."""
    return find_bundled(WEIGHTS, info)


def invert(
    generator: Generator, images: Tensor, options: RestyleOptions, *, progress: Progress
) -> Latents:
    """Read codes off pictures in turns; see `dynode.Inverter.invert`.

    Raises:
        MissingWeightsError: No encoder was given, and none is bundled for the generator.
        GeneratorMismatchError: The encoder is for a generator of another shape.
        CheckpointError: The file cannot be used.
    """
    path = options.weights or bundled_for(generator.info)
    if path is None:
        raise missing_encoder("restyle", generator.info)
    encoder = checked_encoder(path, generator, inputs=6)
    first = encoder
    if options.first is not None:
        first = checked_encoder(options.first, generator, inputs=6)
    found = list[Tensor]()
    total = len(images) * options.iterations
    with torch.no_grad():
        for part in images.to(encoder.latent_avg.dtype).split(options.batch):
            done = sum(map(len, found)) * options.iterations
            for index, turn in enumerate(_turns(first, encoder, generator, part, options)):
                codes = turn.codes
                progress(done + (index + 1) * len(part), total, f"turn {index + 1}")
            found.append(codes)
    return Latents(torch.cat(found).to(generator.dtype))


def _turns(
    first: LoadedEncoder,
    encoder: LoadedEncoder,
    generator: Generator,
    images: Tensor,
    options: RestyleOptions,
) -> Iterator[Iteration]:
    """Take the first turn with one encoder and the others with the other, if they differ."""
    if first is encoder:
        seen = encoder.prepare(images)
        yield from iterations(encoder, generator, seen, count=options.iterations)
        return
    (start,) = iterations(first, generator, first.prepare(images), count=1)
    yield start
    yield from iterations(
        encoder, generator, encoder.prepare(images), count=options.iterations - 1, start=start
    )
