"""Relevance of style channels by backward passes instead of renders."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.generator import Generator, draw_population
from dynode.latents import Latents
from dynode.plugins import Progress, TextImageModel
from dynode_styleclip.clip_input import area_resize
from dynode_styleclip.statistics import StyleStatistics

PRINCIPAL = 24
"""Principal directions of the embedding along which a channel's whole change is measured."""
_SPREAD_SAMPLES = 32
_MOST_PIXELS = 2**16


def gradient_relevance(
    generator: Generator,
    model: TextImageModel,
    axis: Tensor,
    latents: Latents,
    statistics: StyleStatistics,
    *,
    rows: Tensor,
    progress: Progress,
) -> dict[str, Tensor]:
    """Estimate how much of what a style channel changes is what the text says.

    The derivative of the embedding by a channel is made a unit vector in every picture, averaged over
    pictures, and made a unit vector again; its cosine with the text is the relevance. That is what
    rendering the channel at -5 and +5 deviations measures, to first order. The derivative along the
    text alone would rank channels by how much they change at all. Lengths are taken along the
    principal directions of the embedding of drawn pictures: one backward pass each, which serves all
    channels.

    Args:
        generator: What draws.
        model: What sees.
        axis: (d,) unit direction of the text.
        latents: Pictures to average over.
        statistics: Spread of the channels that are asked for.
        rows: (k, d) directions that lengths are measured along, see `principal_directions`.
        progress: Called after every few pictures.

    Returns:
        Relevance in [-1, 1] of each channel, by layer.

    Source:
        Ours; what it estimates is Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6.
    """
    stacked = torch.cat([axis[None], rows.to(axis)])
    found = channel_derivatives(generator, model, stacked, latents, statistics, progress=progress)
    relevance = cosines(axis, found[0], rows, found[1:])
    sizes = [len(part) for part in statistics.deviations.values()]
    return dict(zip(statistics.deviations, relevance.split(sizes), strict=True))


def channel_derivatives(
    generator: Generator,
    model: TextImageModel,
    rows: Tensor,
    latents: Latents,
    statistics: StyleStatistics,
    *,
    progress: Progress,
) -> Tensor:
    """Differentiate the embedding along rows by each style channel of each picture.

    Args:
        generator: What draws.
        model: What sees.
        rows: (k, d), one backward pass each.
        latents: n pictures.
        statistics: Spread of the channels that are asked for.
        progress: Called after every few pictures.

    Returns:
        (k, n, channels); one unit of a channel is its standard deviation.
    """
    height, width = generator.info.resolution
    batch = max(1, _MOST_PIXELS // (height * width))
    found = []
    for start in range(0, len(latents), batch):
        part = latents[start : start + batch]
        found.append(_derivatives(generator, model, rows, part, statistics))
        progress(min(start + batch, len(latents)), len(latents), "relevance")
    return torch.cat(found, 1)


def cosines(axis: Tensor, along_axis: Tensor, rows: Tensor, along_rows: Tensor) -> Tensor:
    """Return the relevance (channels,) of a text from derivatives.

    Args:
        axis: (d,) unit direction of the text.
        along_axis: (n, channels), derivatives along it.
        rows: (k, d) directions that lengths are measured along.
        along_rows: (k, n, channels), derivatives along them.
    """
    stacked = torch.cat([axis[None], rows.to(axis)]).double()
    # An orthonormal basis of what the rows span, its first vector the axis, in terms of the rows.
    values, vectors = torch.linalg.eigh(_without(stacked[1:], stacked[0]))
    kept = values > 1e-9
    turn = (vectors[:, kept] / values[kept].sqrt()).T.to(along_rows)
    share = (rows.to(axis) @ axis)[:, None, None].to(along_rows)
    beside = torch.einsum("jk,knc->jnc", turn, along_rows - share * along_axis)
    found = torch.cat([along_axis[None], beside])
    mean = (found / _lengths(found)).sum(1)
    return mean[0] / _lengths(mean)[0]


def _without(rows: Tensor, axis: Tensor) -> Tensor:
    """Return the products (k, k) of rows with each other, their parts along a unit axis left out."""
    beside = rows - (rows @ axis)[:, None] * axis
    return beside @ beside.T


def principal_directions(
    generator: Generator,
    model: TextImageModel,
    *,
    seed: int,
    truncation: float,
    count: int = PRINCIPAL,
) -> Tensor:
    """Return the directions in which the embedding of drawn pictures varies most, (k, d).

    Args:
        generator: What draws.
        model: What sees.
        seed: Seed of the pictures.
        truncation: Their truncation.
        count: How many directions at most.
    """
    codes = draw_population(generator, _SPREAD_SAMPLES, seed=seed, truncation=truncation).latents
    with torch.no_grad():
        seen = torch.cat(
            [
                model.encode_images(area_resize(generator.synthesize(codes[i]), model.image_size))
                for i in range(_SPREAD_SAMPLES)
            ]
        ).double()
    _, _, directions = torch.linalg.svd(seen - seen.mean(0), full_matrices=False)
    leading: Tensor = directions[:count].to(generator.dtype)
    return leading


def _lengths(vectors: Tensor) -> Tensor:
    """Return lengths along the first axis, which is kept; never 0."""
    lengths: Tensor = vectors.norm(dim=0, keepdim=True)
    return lengths.clamp_min(torch.finfo(vectors.dtype).tiny)


def _derivatives(
    generator: Generator,
    model: TextImageModel,
    rows: Tensor,
    latents: Latents,
    statistics: StyleStatistics,
) -> Tensor:
    """Differentiate the embedding along rows (k, d) by each channel.

    Returns:
        (k, n, channels).
    """
    moves = {
        name: spread.new_zeros(len(latents), len(spread), requires_grad=True)
        for name, spread in statistics.deviations.items()
    }
    found = []
    with torch.enable_grad():
        offsets = {name: move * statistics.deviations[name] for name, move in moves.items()}
        images = generator.synthesize(latents.add_styles(offsets))
        seen = model.encode_images(area_resize(images, model.image_size)).sum(0) @ rows.T
        for index in range(len(rows)):
            is_last = index + 1 == len(rows)
            grads = torch.autograd.grad(seen[index], list(moves.values()), retain_graph=not is_last)
            found.append(torch.cat(grads, 1))
    return torch.stack(found).detach()
