"""Where pictures and captions lie on one sphere, so that their inner product is how well they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_ANGLE_RAD = 1.2


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
