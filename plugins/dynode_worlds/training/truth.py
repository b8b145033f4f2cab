"""What training knows: how well a caption agrees with a picture, from the factors alone."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from torch import Tensor

from dynode_worlds.captions import Statement
from dynode_worlds.sphere import Aim, caption_code
from dynode_worlds.traits import Between, Share
from dynode_worlds.world import World

_VAGUE_WIDTH = 1.3
_EDGE_SHARE = 0.75

_PERCENT = re.compile(r"(\d+)%")


def draw_caption(
    world: World, factors_row: Sequence[float], rng: random.Random
) -> tuple[str, Tensor]:
    """Describe a picture of a world; return the caption and its code."""
    text, items = world.describe(factors_row, rng)
    return text, caption_code(world.population.names, [_aims(item, text) for item in items])


def _aims(item: Statement, text: str) -> list[Aim]:
    if isinstance(item, Share):
        told = _PERCENT.search(text)
        assert told is not None  # a caption with a share says its percentage
        value = item.start + (item.end - item.start) * int(told[1]) / 100.0
        return [Aim(item.factor, value, 1.0)]
    aims = [_aim(condition) for condition in item.when]
    return [aim for aim in aims if aim.weight > 0.0]


def _aim(condition: Between) -> Aim:
    """Return where an interval is truest, and how much it says: wide ones say little.

    An interval that reaches the end of its factor means "the more the better".
    """
    name, low, high = condition
    weight = max(0.0, 1.0 - (high - low) / _VAGUE_WIDTH)
    if high >= 1.0:
        return Aim(name, low + _EDGE_SHARE * (high - low), weight)
    if low <= -1.0:
        return Aim(name, high - _EDGE_SHARE * (high - low), weight)
    return Aim(name, 0.5 * (low + high), weight)
