"""Motions of a face with a known answer; see `dynode_worlds.motion`."""

from __future__ import annotations

import random
from typing import Literal, get_args

from torch import Tensor

from dynode_facets.factors import POPULATION, factor_index
from dynode_worlds.motion import Maker, Move, moved, pulse, swing

Motion = Literal["talking", "blinking", "nodding", "turning", "ageing", "smiling"]
MOTIONS: tuple[Motion, ...] = get_args(Motion)


def trajectory(motion: Motion, start: Tensor, times_s: Tensor, *, seed: int) -> Tensor:
    """Return the factors of a moving face, (n_frames, F), at times (n_frames,); see `moved`.

    At time 0 the face rests, except that a blink may just be over (to within 1e-3).
    """
    return moved(POPULATION, MAKERS, motion, start, times_s, seed=seed)


def _talking(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    syllable, phrase = rng.uniform(0.28, 0.42), rng.uniform(1.3, 2.1)
    mouth = swing(t, syllable) * (0.35 + 0.65 * swing(t, phrase))
    side = rng.choice((-1.0, 1.0))
    return [
        ("mouth_open", rng.uniform(0.4, 0.9), mouth),
        ("brow", -0.6, 0.5 * swing(t, rng.uniform(1.8, 3.0))),
        ("yaw", 0.6 * side, 0.35 * swing(t, rng.uniform(2.5, 4.0))),
        ("pitch", 0.4 * rng.choice((-1.0, 1.0)), 0.35 * swing(t, rng.uniform(1.5, 2.5))),
    ]


def _blinking(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(1.4, 2.4)
    return [("eye_open", -1.0, pulse(t, period, rng.uniform(12.0, 18.0)))]


def _nodding(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(0.9, 1.5)
    target = -0.9 if rest[factor_index("pitch")] > -0.3 else 0.8
    return [("pitch", target, rng.uniform(0.7, 1.0) * swing(t, period))]


def _turning(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(2.6, 4.2)
    side = -1.0 if rest[factor_index("yaw")] > 0 else 1.0
    return [
        ("yaw", 0.95 * side, rng.uniform(0.8, 1.0) * swing(t, period)),
        ("gaze", 0.8 * side, 0.6 * swing(t, period / 2)),
    ]


def _ageing(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    target = 1.0 if rest[factor_index("age")] < 0 else -1.0
    return [("age", target, swing(t, rng.uniform(6.0, 9.0)))]


def _smiling(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    period = rng.uniform(2.4, 3.6)
    target = 0.95 if rest[factor_index("smile")] < 0.3 else -0.8
    return [
        ("smile", target, swing(t, period)),
        ("mouth_open", 0.2 * target, 0.7 * swing(t, period)),
    ]


MAKERS: dict[str, Maker] = {
    "talking": _talking,
    "blinking": _blinking,
    "nodding": _nodding,
    "turning": _turning,
    "ageing": _ageing,
    "smiling": _smiling,
}
