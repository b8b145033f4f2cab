"""The few directions of a code space in which clips move."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.errors import UsageError

_LEAST_SHARE = 1e-3
_AT_ONCE = 256


@dataclass(frozen=True)
class MovingSpace:
    """Coordinates of motion: principal directions, each in its own deviations.

    Attributes:
        basis: (w_dim, k): how the code moves per unit of each coordinate.
        clips: (n, t, k) float32, the coordinates of the clips, from their rest.
        rests: (n, k) float32, the coordinates of their rest.
    """

    basis: Tensor
    clips: Tensor
    rests: Tensor


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
    pairs = list(zip(codes.split(_AT_ONCE), base.split(_AT_ONCE), strict=True))
    gram = torch.stack([_square(part - rested) for part, rested in pairs]).sum(0)
    values, vectors = torch.linalg.eigh(gram / codes.shape[:2].numel())
    values, vectors = values.flip(0)[:most], vectors.flip(1)[:, :most]
    if not float(values[0]) > 1e-12:
        raise UsageError("the clips stand still: every frame has the same code; expected motion")
    kept = values > _LEAST_SHARE * values[0]
    scale, axes = values[kept].sqrt(), vectors[:, kept]
    clips = [((part - rested).double() @ axes / scale).float() for part, rested in pairs]
    rests = (base[:, 0].double() @ axes / scale).float()
    return MovingSpace((axes * scale).float(), torch.cat(clips), rests)


def _square(moved: Tensor) -> Tensor:
    flat = moved.flatten(0, 1).double()
    return flat.T @ flat
