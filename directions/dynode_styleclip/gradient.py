"""Relevance of style channels by backward passes instead of renders."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.generator import Generator
from dynode.latents import Latents
from dynode.methods import Progress, TextImageModel
from dynode_styleclip.clip_input import area_resize
from dynode_styleclip.statistics import StyleStatistics

_MOST_PIXELS = 2**16


@dataclass(frozen=True)
class GradientSettings:
    """How finely the derivative is sampled.

    Attributes:
        probes: Random directions of the embedding beside that of the text; they estimate how much
            a channel changes altogether.
    """

    probes: int = 16


def gradient_relevance(
    generator: Generator,
    model: TextImageModel,
    axis: Tensor,
    latents: Latents,
    statistics: StyleStatistics,
    *,
    seed: int,
    settings: GradientSettings,
    progress: Progress,
) -> dict[str, Tensor]:
    """Estimate how much of what a style channel changes is what the text says.

    Args:
        generator: What draws.
        model: What sees.
        axis: (d,) unit direction of the text.
        latents: Pictures to average over.
        statistics: Spread of the channels that are asked for.
        seed: Seed of the random directions.
        settings: See `GradientSettings`.
        progress: Called after every few pictures.

    Returns:
        Relevance in [-1, 1] of each channel, by layer.
    """
    rows = _directions(axis, settings.probes, seed)
    height, width = generator.info.resolution
    batch = max(1, _MOST_PIXELS // (height * width))
    along: list[Tensor] = []
    for start in range(0, len(latents), batch):
        part = latents[start : start + batch]
        along.append(_derivatives(generator, model, rows, part, statistics))
        progress(min(start + batch, len(latents)), len(latents), "relevance")
    relevance = _cosines(torch.cat(along), len(axis))
    sizes = [len(part) for part in statistics.deviations.values()]
    return dict(zip(statistics.deviations, relevance.split(sizes), strict=True))


def _directions(axis: Tensor, probes: int, seed: int) -> Tensor:
    """Return the axis and random unit vectors at right angles to it and to each other.

    There are 1 + probes rows, or as many as the embedding has dimensions.
    """
    random = torch.Generator().manual_seed(seed)
    count = min(probes, len(axis) - 1)
    drawn = torch.randn(count, len(axis), generator=random, dtype=torch.float64).to(axis.device)
    columns, _ = torch.linalg.qr(torch.cat([axis[None].double(), drawn]).T)
    return torch.cat([axis[None], columns.T[1:].to(axis)])


def _derivatives(
    generator: Generator,
    model: TextImageModel,
    rows: Tensor,
    latents: Latents,
    statistics: StyleStatistics,
) -> Tensor:
    """Differentiate the embedding along rows (k, d) by each channel: (n, k, channels).

    One unit of a channel is its standard deviation.
    """
    moves = {
        name: spread.new_zeros(len(latents), len(spread), requires_grad=True)
        for name, spread in statistics.deviations.items()
    }
    with torch.enable_grad():
        offsets = {name: move * statistics.deviations[name] for name, move in moves.items()}
        images = generator.synthesize(latents.add_styles(offsets))
        seen = model.encode_images(area_resize(images, model.image_size))
        found = []
        for index, row in enumerate(rows):
            grads = torch.autograd.grad(
                (seen @ row).sum(), list(moves.values()), retain_graph=index + 1 < len(rows)
            )
            found.append(torch.cat(grads, 1))
    return torch.stack(found, 1).detach()


def _cosines(along: Tensor, width: int) -> Tensor:
    """Turn derivatives (n, 1 + probes, channels) into mean cosines with the first row.

    The squared length of a derivative is its square along the text plus what the probes, each of
    which sees one of `width - 1` remaining dimensions, find on average in the others.
    """
    if along.shape[1] == 1:
        mean = along[:, 0].mean(0)
        return mean / mean.abs().max().clamp_min(1e-30)
    weight = along.new_ones(along.shape[1])
    weight[1:] = (width - 1) / (len(weight) - 1)
    mean = along.mean(0)
    length = (mean.square() * weight[:, None]).sum(0).sqrt()
    return mean[0] / length.clamp_min(1e-30)
