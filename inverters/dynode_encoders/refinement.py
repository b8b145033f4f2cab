"""ReStyle's loop: read a residual off the picture and its current reconstruction, and draw again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dynode.generator import Generator
from dynode.latents import Latents
from dynode_encoders.reading import LoadedEncoder, cropped_wide


class Iteration(NamedTuple):
    """One turn of the loop: codes (n, rows, w_dim), and what they draw, cropped if wide."""

    codes: Tensor
    images: Tensor


def average_image(encoder: LoadedEncoder, generator: Generator) -> Tensor:
    """Draw the average code at the encoder's size: (1, 3, h, w)."""
    drawn = generator.synthesize(Latents(encoder.latent_avg[None].to(generator.dtype)))
    return pooled(_shown(encoder, drawn), encoder.config.size)


def iterations(
    encoder: LoadedEncoder,
    generator: Generator,
    images: Tensor,
    *,
    count: int,
    start: Iteration | None = None,
) -> Iterator[Iteration]:
    """Take turns of the loop; with gradients within a turn, none between turns.

    Args:
        encoder: Takes 6 channels.
        generator: Draws the codes; stored noise.
        images: (n, 3, h, w) float in [-1, 1], at the encoder's size.
        count: Number of turns.
        start: A turn of another encoder to go on from; None for the average code and its picture.

    Yields:
        Codes and pictures of each turn. Pictures are neither clamped nor rounded on the way.

    Source:
        Alaluf et al. 2021, ReStyle, arXiv:2104.02699.
    """
    size = encoder.config.size
    if start is None:
        with torch.no_grad():
            current = average_image(encoder, generator).expand(len(images), -1, -1, -1).to(images)
            codes = encoder.latent_avg.to(images)[None].expand(len(images), -1, -1)
    else:
        current, codes = pooled(start.images.detach(), size).to(images), start.codes.detach()
    for _ in range(count):
        codes = encoder.network(torch.cat([images, current], dim=1)) + codes
        drawn = _shown(encoder, generator.synthesize(Latents(codes.to(generator.dtype))))
        yield Iteration(codes, drawn)
        codes = codes.detach()
        current = pooled(drawn.detach(), size).to(images)


def pooled(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Average pictures to a size; smaller ones are enlarged by repeating pixels, as published."""
    return functional.adaptive_avg_pool2d(images, size)


def _shown(encoder: LoadedEncoder, drawn: Tensor) -> Tensor:
    return cropped_wide(drawn) if encoder.is_wide else drawn
