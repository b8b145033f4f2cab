"""Motions of a landscape with a known answer; see `dynode_worlds.motion`."""

from __future__ import annotations

import random

from torch import Tensor

from dynode_skies.factors import factor_index
from dynode_worlds.motion import Maker, Move, swing


def _clouds_passing(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    side = -1.0 if rest[factor_index("cloud_drift")] > 0 else 1.0
    return [
        ("cloud_drift", side, swing(t, rng.uniform(6.0, 10.0))),
        ("wind", 0.5 * side, 0.5 * swing(t, rng.uniform(4.0, 6.0))),
    ]


def _sunset(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    sinking = swing(t, rng.uniform(7.0, 11.0))
    side = rng.choice((-1.0, 1.0))
    target = -1.0 if rest[factor_index("sun_height")] > -0.5 else 0.9
    return [("sun_height", target, sinking), ("sun_bearing", 0.9 * side, 0.3 * sinking)]


def _nightfall(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    target = 1.0 if rest[factor_index("night")] < 0 else -1.0
    return [("night", target, swing(t, rng.uniform(7.0, 11.0)))]


def _tide(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    target = 0.95 if rest[factor_index("water")] < 0 else -0.95
    period = rng.uniform(6.0, 9.0)
    return [("water", target, swing(t, period)), ("waves", 0.6, 0.5 * swing(t, period / 2))]


def _gusts(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    side = -1.0 if rest[factor_index("wind")] > 0 else 1.0
    gust = swing(t, rng.uniform(1.2, 2.0)) * (0.4 + 0.6 * swing(t, rng.uniform(3.0, 5.0)))
    return [("wind", side, gust), ("waves", 0.9, 0.6 * gust)]


def _turning(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    side = -1.0 if rest[factor_index("turn")] > 0 else 1.0
    return [("turn", 0.95 * side, rng.uniform(0.8, 1.0) * swing(t, rng.uniform(5.0, 8.0)))]


def _fog(t: Tensor, rest: Tensor, rng: random.Random) -> list[Move]:
    target = 1.0 if rest[factor_index("haze")] < 0 else -1.0
    return [("haze", target, swing(t, rng.uniform(5.0, 8.0)))]


MOTIONS: dict[str, Maker] = {
    "clouds passing": _clouds_passing,
    "sunset": _sunset,
    "nightfall": _nightfall,
    "tide": _tide,
    "gusts": _gusts,
    "turning": _turning,
    "fog": _fog,
}
