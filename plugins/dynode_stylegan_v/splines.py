"""Cubic splines with a knot a frame."""

from __future__ import annotations

import torch
from torch import Tensor


def spline_shares(u: Tensor) -> Tensor:
    """Return the shares (..., 4) of the four cubic B-splines around a place u in [0, 1]."""
    parts = [(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3]
    return torch.stack(parts, dim=-1) / 6


def spline_through(values: Tensor) -> Tensor:
    """Find the cubic spline through values at frames, whose third derivative does not jump at the ends.

    Args:
        values: (t, ...) float64, t of 4 or more.

    Returns:
        (t + 2, ...) coefficients of B-splines with a knot a frame.
    """
    frames = len(values)
    system = torch.zeros(frames + 2, frames + 2, dtype=values.dtype)
    for frame in range(frames):
        system[frame, frame : frame + 3] = values.new_tensor([1, 4, 1]) / 6
    for row, first in ((frames, 0), (frames + 1, frames - 3)):
        system[row, first : first + 5] = values.new_tensor([1, -4, 6, -4, 1])
    right = torch.cat([values.flatten(1), values.new_zeros(2, values[0].numel())])
    found: Tensor = torch.linalg.solve(system, right)
    return found.view(frames + 2, *values.shape[1:])
