"""The few directions of a code space in which clips move."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.errors import UsageError

_LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class MovingSpace:
    """Coordinates of motion: principal directions, each in its own deviations.

    Attributes:
        basis: (w_dim, k): how the code moves per unit of each coordinate.
        clips: (n, t, k) float32, the coordinates of the clips, from their rest.
    """

    basis: Tensor
    clips: Tensor


def moving_space(codes: Tensor, *, rest: str = "first", most: int = 16) -> MovingSpace:
    """Find in which directions clips of codes move, and where they are in them.

    Args:
        codes: (n, t, w_dim) style codes of the frames.
        rest: `first` tells motion from the first frame of a clip, `mean` from its mean.
        most: Directions at most; those with less than a thousandth of the first one's variance are
            left out.

    Raises:
        UsageError: Nothing moves.
    """
    base = codes[:, :1] if rest == "first" else codes.mean(1, keepdim=True)
    moved = (codes - base).flatten(0, 1).double()
    values, vectors = torch.linalg.eigh(moved.T @ moved / len(moved))
    values, vectors = values.flip(0)[:most], vectors.flip(1)[:, :most]
    if not float(values[0]) > 1e-12:
        raise UsageError("the clips stand still: every frame has the same code; expected motion")
    kept = values > _LEAST_SHARE * values[0]
    scale, axes = values[kept].sqrt(), vectors[:, kept]
    coordinates = (moved @ axes / scale).view(*codes.shape[:2], -1)
    return MovingSpace((axes * scale).float(), coordinates.float())
