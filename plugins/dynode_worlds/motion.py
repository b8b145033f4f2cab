"""Motions with a known answer: factors of a moving picture at any real time.

Every motion is a sum over few factors of

    start + (target - start) * e(t),   e(t) in [0, 1], smooth, in closed form,

so factors stay in [-1, 1] and the true frame between two frames is known.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from dynode.errors import UnknownNameError
from dynode_worlds.population import Population

Move = tuple[str, float, Tensor]
"""A factor, where it goes, and e(t)."""

Maker = Callable[[Tensor, Tensor, random.Random], list[Move]]
"""Makes the moves of a motion from times, the factors at rest, and chances."""


def regular_times(duration_s: float, fps: float) -> Tensor:
    """Return frame times 0, 1/fps, … below `duration_s`, in seconds, float64."""
    return torch.arange(math.ceil(duration_s * fps - 1e-9), dtype=torch.float64) / fps


def irregular_times(duration_s: float, count: int, *, seed: int) -> Tensor:
    """Return `count` increasing times in [0, duration_s), the first 0, float64.

    Times are jittered by up to 40% of the regular spacing, so no two coincide.
    """
    rng = random.Random(seed)
    step = duration_s / count
    times = [step * (i + (0.4 * rng.uniform(-1, 1) if i else 0.0)) for i in range(count)]
    return torch.tensor(times, dtype=torch.float64)


def moved(
    population: Population,
    makers: Mapping[str, Maker],
    motion: str,
    start: Tensor,
    times_s: Tensor,
    *,
    seed: int,
) -> Tensor:
    """Return the factors of a moving picture at the given times.

    Args:
        population: Whose factors they are.
        makers: The motions there are.
        motion: One of them.
        start: Factors at rest, shape (F,).
        times_s: Times in seconds, shape (n_frames,), any order and spacing.
        seed: Chooses tempo and extent, the same whatever the times.

    Returns:
        Factors, shape (n_frames, F), in [-1, 1], dtype and device of `start`.

    Raises:
        UnknownNameError: no motion has this name.
        ValueError: `start` has another shape.
    """
    if motion not in makers:
        raise UnknownNameError("motion", motion, tuple(makers))
    if start.shape != (len(population.names),):
        raise ValueError(
            f"start has shape {tuple(start.shape)}, expected ({len(population.names)},): "
            "the factors of one picture"
        )
    t = times_s.to(device=start.device, dtype=torch.float64)
    rest = start.double()
    factors = rest.repeat(t.shape[0], 1)
    for name, target, progress in makers[motion](t, rest, random.Random(seed)):
        column = population.index(name)
        factors[:, column] += (target - rest[column]) * progress
    return factors.to(start.dtype)


def swing(t: Tensor, period_s: float) -> Tensor:
    """Go from 0 to 1 and back once per period."""
    return torch.sin(torch.pi * t / period_s) ** 2


def pulse(t: Tensor, period_s: float, sharpness: float) -> Tensor:
    """Rise to 1 briefly in the middle of each period, near 0 elsewhere."""
    return torch.exp(-sharpness * (1.0 + torch.cos(2 * torch.pi * t / period_s)))
