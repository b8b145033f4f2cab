"""Motions with a known answer: factors of a face at any real time.

Every motion is a sum over few factors of

    start + (target - start) * e(t),   e(t) in [0, 1], smooth, in closed form,

so factors stay in [-1, 1] and the true frame between two frames is known.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor

from dynode.errors import UnknownNameError
from dynode_facets.factors import FACTORS, factor_index

Motion = Literal["talking", "blinking", "nodding", "turning", "ageing", "smiling"]
MOTIONS: tuple[Motion, ...] = get_args(Motion)

Move = tuple[str, float, Tensor]
_Maker = Callable[[Tensor, Tensor, random.Random], list[Move]]


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


def trajectory(motion: Motion, start: Tensor, times_s: Tensor, *, seed: int) -> Tensor:
    """Return the factors of a moving face at the given times.

    Args:
        motion: What the face does.
        start: Factors of the face at rest, shape (F,); at time 0 the face
            rests, except that a blink may just be over (to within 1e-3).
        times_s: Times in seconds, shape (n_frames,), any order and spacing.
        seed: Chooses tempo and extent of the motion. The same seed gives the
            same continuous motion whatever the times.

    Returns:
        Factors, shape (n_frames, F), in [-1, 1], dtype and device of `start`.

    Raises:
        UnknownNameError: no motion has this name.
        ValueError: `start` has another shape.
    """
    if motion not in _MAKERS:
        raise UnknownNameError("motion", motion, MOTIONS)
    if start.shape != (len(FACTORS),):
        raise ValueError(
            f"start has shape {tuple(start.shape)}, expected ({len(FACTORS)},): "
            "the factors of one face"
        )
    t = times_s.to(device=start.device, dtype=torch.float64)
    rest = start.double()
    moved = rest.repeat(t.shape[0], 1)
    for name, target, progress in _MAKERS[motion](t, rest, random.Random(seed)):
        column = factor_index(name)
        moved[:, column] += (target - rest[column]) * progress
    return moved.to(start.dtype)


def _swing(t: Tensor, period_s: float) -> Tensor:
    """Go from 0 to 1 and back once per period."""
    return torch.sin(torch.pi * t / period_s) ** 2


def _pulse(t: Tensor, period_s: float, sharpness: float) -> Tensor:
    """Rise to 1 briefly in the middle of each period, near 0 elsewhere."""
    return torch.exp(-sharpness * (1.0 + torch.cos(2 * torch.pi * t / period_s)))


def _talking(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    syllable, phrase = rng.uniform(0.28, 0.42), rng.uniform(1.3, 2.1)
    mouth = _swing(t, syllable) * (0.35 + 0.65 * _swing(t, phrase))
    side = rng.choice((-1.0, 1.0))
    return [
        ("mouth_open", rng.uniform(0.4, 0.9), mouth),
        ("brow", -0.6, 0.5 * _swing(t, rng.uniform(1.8, 3.0))),
        ("yaw", 0.6 * side, 0.35 * _swing(t, rng.uniform(2.5, 4.0))),
        ("pitch", 0.4 * rng.choice((-1.0, 1.0)), 0.35 * _swing(t, rng.uniform(1.5, 2.5))),
    ]


def _blinking(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(1.4, 2.4)
    return [("eye_open", -1.0, _pulse(t, period, rng.uniform(12.0, 18.0)))]


def _nodding(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(0.9, 1.5)
    target = -0.9 if rest[factor_index("pitch")] > -0.3 else 0.8
    return [("pitch", target, rng.uniform(0.7, 1.0) * _swing(t, period))]


def _turning(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(2.6, 4.2)
    side = -1.0 if rest[factor_index("yaw")] > 0 else 1.0
    return [
        ("yaw", 0.95 * side, rng.uniform(0.8, 1.0) * _swing(t, period)),
        ("gaze", 0.8 * side, 0.6 * _swing(t, period / 2)),
    ]


def _ageing(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    target = 1.0 if rest[factor_index("age")] < 0 else -1.0
    return [("age", target, _swing(t, rng.uniform(6.0, 9.0)))]


def _smiling(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(2.4, 3.6)
    target = 0.95 if rest[factor_index("smile")] < 0.3 else -0.8
    return [
        ("smile", target, _swing(t, period)),
        ("mouth_open", 0.2 * target, 0.7 * _swing(t, period)),
    ]


_MAKERS: dict[str, _Maker] = {
    "talking": _talking,
    "blinking": _blinking,
    "nodding": _nodding,
    "turning": _turning,
    "ageing": _ageing,
    "smiling": _smiling,
}
