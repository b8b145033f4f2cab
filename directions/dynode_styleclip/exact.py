"""Channel directions as published: every style channel rendered at -5 and +5 deviations."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, TextImageModel
from dynode_styleclip.cache import ChannelCache
from dynode_styleclip.channel_renders import ChannelRenders
from dynode_styleclip.clip_input import area_resize
from dynode_styleclip.statistics import StyleStatistics

DEVIATIONS = 5.0
_MOST_PIXELS = 2**18


def exact_relevance(
    generator: Generator,
    model: TextImageModel,
    axis: Tensor,
    latents: Latents,
    statistics: StyleStatistics,
    *,
    cache: ChannelCache,
    progress: Progress,
) -> dict[str, Tensor]:
    """Measure how much of what a style channel changes is what the text says.

    Args:
        generator: What draws.
        model: What sees.
        axis: (d,) unit direction of the text.
        latents: Pictures to average over.
        statistics: Spread of the channels that are asked for.
        cache: Where the channel directions are kept, whole or in part.
        progress: Called after every few renders.

    Returns:
        Relevance in [-1, 1] of each channel, by layer.
    """
    rows = channel_directions(generator, model, latents, statistics, cache=cache, progress=progress)
    sizes = [len(part) for part in statistics.deviations.values()]
    relevance = rows.to(axis) @ axis
    return dict(zip(statistics.deviations, relevance.split(sizes), strict=True))


def channel_directions(
    generator: Generator,
    model: TextImageModel,
    latents: Latents,
    statistics: StyleStatistics,
    *,
    cache: ChannelCache,
    progress: Progress,
) -> Tensor:
    """Measure how the embedding moves with each style channel (fs3).

    Args:
        generator: What draws.
        model: What sees.
        latents: Pictures to average over.
        statistics: Mean and deviation of the channels that are asked for.
        cache: Where sums over pictures are kept; an interrupted run goes on with the next picture.
        progress: Called after every few renders.

    Returns:
        (channels, d) unit rows in layer-then-channel order, on the CPU.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6.
        Deviations: in the published code a channel that has been measured stays at its mean in all
        pictures while the later ones are measured; here every channel starts from the picture as it
        was drawn. CLIP sees area averages instead of a bicubic resize. What lies before a channel's
        block is rendered once a picture.
    """
    channels = sum(len(part) for part in statistics.means.values())
    done, total = cache.read()
    for index in range(done, len(latents)):

        def say(count: int, index: int = index) -> None:
            progress(index * channels + count, len(latents) * channels, "channel directions")

        measured = _directions_of(generator, model, latents[index], statistics, say)
        total = measured if total is None else total + measured
        cache.write(index + 1, total)
    assert total is not None
    return functional.normalize(total, dim=1).float()


def unit_differences(features: Tensor) -> Tensor:
    """Return how the embedding moves between two renders: differences of unit vectors, made unit.

    Args:
        features: (..., 2, d); the render at the lower value first.

    Returns:
        (..., d).
    """
    low, high = functional.normalize(features, dim=-1).unbind(-2)
    return functional.normalize(high - low, dim=-1)


@torch.no_grad()
def _directions_of(
    generator: Generator,
    model: TextImageModel,
    picture: Latents,
    statistics: StyleStatistics,
    say: object,
) -> Tensor:
    """Measure all channels of one picture: (channels, d) in float64, on the CPU."""
    renders = ChannelRenders(generator, picture)
    height, width = generator.info.resolution
    batch = max(1, _MOST_PIXELS // (2 * height * width))
    found: list[Tensor] = []
    count = 0
    for layer, means in statistics.means.items():
        ends = torch.stack(
            [
                means - DEVIATIONS * statistics.deviations[layer],
                means + DEVIATIONS * statistics.deviations[layer],
            ],
            1,
        )
        for chosen in torch.arange(len(means), device=means.device).split(batch):
            styles = renders.styles[layer].repeat(2 * len(chosen), 1)
            styles[torch.arange(len(styles), device=styles.device), chosen.repeat_interleave(2)] = (
                ends[chosen].flatten()
            )
            origin = torch.zeros(len(styles), dtype=torch.long, device=styles.device)
            images = renders.draw(layer, styles, origin)
            seen = model.encode_images(area_resize(images, model.image_size))
            found.append(unit_differences(seen.view(len(chosen), 2, -1)).double().cpu())
            count += len(chosen)
            assert callable(say)
            say(count)
    return torch.cat(found)
