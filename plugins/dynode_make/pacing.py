"""Pace: how far apart neighbouring frames look, and frames moved so that all steps look alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dynode.distance import Distance, PixelDistance, choose_distance
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, silent

_PROBES, _BATCH = 24, 4


def seen_by(generator: Generator) -> Distance:
    """Choose what says how different pictures look: the bundled distance, pixels without one."""
    return choose_distance("auto", generator) or PixelDistance()


def even_positions(
    generator: Generator,
    at: Callable[[Tensor], Latents],
    positions: Tensor,
    legs: int,
    *,
    progress: Progress = silent,
) -> Tensor:
    """Move frames along a path so that each looks as far from the next as the others.

    The path is looked at 24 times a leg, and its length as seen is straight in between.

    Args:
        generator: What draws.
        at: The codes of positions (m,) on the path, 0 to `legs`.
        positions: (frames,) float64, where they would be at an even pace in the latent space.
        legs: Length of the path.
        progress: Called with the number of looks.

    Returns:
        (frames,) float64; the ends stay where they are.
    """
    probes = torch.arange(legs * _PROBES + 1, dtype=torch.float64) / _PROBES

    def part(begin: int, end: int) -> Latents:
        progress(end, len(probes), "looking along the way")
        return at(probes[begin:end])

    steps = steps_as_seen(generator, seen_by(generator), len(probes), part)[:-1]
    gone = np.concatenate([[0.0], np.cumsum(steps.double().numpy())])
    if gone[-1] <= 0:
        return positions
    return torch.from_numpy(np.interp(positions.numpy() / legs * gone[-1], gone, probes.numpy()))


def steps_as_seen(
    generator: Generator, distance: Distance, count: int, part: Callable[[int, int], Latents]
) -> Tensor:
    """Measure the steps between neighbours of a closed round of codes, a few pictures at a time.

    Args:
        generator: What draws.
        distance: By what.
        count: How many codes.
        part: The codes from one number to before another.

    Returns:
        (count,) on the CPU; the last is that from the last picture to the first.
    """
    steps = list[Tensor]()
    first: Tensor | None = None
    last: Tensor | None = None
    for begin in range(0, count, _BATCH):
        features = features_of(generator, distance, part(begin, min(begin + _BATCH, count)))
        first = features[:1] if first is None else first
        row = features if last is None else torch.cat([last, features])
        steps.append((row[1:] - row[:-1]).norm(dim=1).cpu())
        last = features[-1:]
    assert first is not None and last is not None
    return torch.cat([*steps, (first - last).norm(dim=1).cpu()])


def features_of(generator: Generator, distance: Distance, latents: Latents) -> Tensor:
    """Draw a few codes and give what the distance sees of them, (n, features)."""
    with torch.inference_mode():
        return distance.features(generator.synthesize(latents).clamp(-1, 1))
