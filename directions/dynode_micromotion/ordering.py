"""How far along the motion each anchor is, read off the codes."""

from __future__ import annotations

import torch
from torch import Tensor

_MOST_KNOTS = 12


def coordinate(codes: Tensor) -> Tensor:
    """Return where codes lie along the component they vary most in.

    Args:
        codes: (n, rows, width).

    Returns:
        (n,) float64, in units of the codes; the first code lies on the lower half, so that a motion
        there and back begins at its low end.
    """
    flat = codes.flatten(1).double()
    centred = flat - flat.mean(0)
    energy, vectors = torch.linalg.eigh(centred @ centred.T)
    along: Tensor = vectors[:, -1] * energy[-1].clamp_min(0).sqrt()
    return -along if along[0] > (along.min() + along.max()) / 2 else along


def knots(codes: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
    """Average codes that are about equally far along, so that a clip there and back is one path.

    Args:
        codes: (n, rows, width) in any order.
        along: (n,) where they lie, not all the same.

    Returns:
        (m, rows, width) and (m,) increasing from 0 to 1, m from 2 to 12.
    """
    shares = (along - along.min()) / (along.max() - along.min())
    count = min(_MOST_KNOTS, len(along))
    bins = (shares * count).long().clamp_max(count - 1)
    used = [bins == number for number in range(count) if bool((bins == number).any())]
    means = torch.stack([codes[members].mean(0) for members in used])
    when = torch.stack([shares[members].mean() for members in used])
    return means, (when - when[0]) / (when[-1] - when[0])
