"""What training knows: how well a caption agrees with a picture, from the factors alone."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_worlds.captions import Statement
from dynode_worlds.traits import Between, Share
from dynode_worlds.world import World

_ANGLE_RAD = 1.2
_VAGUE_WIDTH = 1.3
_EDGE_SHARE = 0.75

_PERCENT = re.compile(r"(\d+)%")


@dataclass(frozen=True)
class Aim:
    """Where a statement is truest in one factor, and how much of the statement that is."""

    factor: str
    value: float
    weight: float


def picture_codes(factors: Tensor) -> Tensor:
    """Place pictures on the unit sphere: every factor is an angle in a plane of its own.

    Args:
        factors: (n, F) in [-1, 1].

    Returns:
        (n, 2 F) of unit norm. The inner product of two codes is the mean, over factors, of the
        cosine of the difference of their angles; -1 and 1 stand for -1.2 and 1.2 rad.
    """
    angles = factors * _ANGLE_RAD
    codes = torch.cat([angles.cos(), angles.sin()], dim=1)
    return torch.nn.functional.normalize(codes, dim=1)


def caption_code(names: Sequence[str], statements: Sequence[Sequence[Aim]]) -> Tensor:
    """Place a caption on the same sphere, (2 F): only the planes it speaks about are not zero.

    The inner product with a picture's code is then highest where the caption is truest, and
    depends on nothing that the caption leaves out.

    Args:
        names: The factors.
        statements: What it says, each by its aims.
    """
    total = torch.zeros(2 * len(names))
    for aims in statements:
        code = torch.zeros_like(total)
        for aim in aims:
            angle = torch.tensor(aim.value * _ANGLE_RAD)
            column = names.index(aim.factor)
            code[column] += aim.weight * angle.cos()
            code[column + len(names)] += aim.weight * angle.sin()
        total += code / code.norm()
    return torch.nn.functional.normalize(total, dim=0)


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
