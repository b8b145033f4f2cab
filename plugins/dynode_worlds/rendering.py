"""What every renderer of a world checks and does before it paints."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

_CHUNK_PIXELS = 8 * 128 * 128


def rendered(
    factors: Tensor, resolution: int, width: int, paint: Callable[[Tensor, int], Tensor]
) -> Tensor:
    """Render one picture per row of factors, a few at a time.

    Args:
        factors: Factors, shape (n, width), in [-1, 1].
        resolution: Height and width of the pictures in pixels.
        width: How many factors the world has.
        paint: Paints rows of factors at a resolution, (n, 3, r, r) in [-1, 1].

    Returns:
        Images (n, 3, resolution, resolution) in [-1, 1], RGB, with the dtype
        and device of `factors`. Half precision is computed in float32.

    Raises:
        ValueError: `factors` is not a matrix with one column per factor.
    """
    if factors.ndim != 2 or factors.shape[1] != width:
        raise ValueError(
            f"factors have shape {tuple(factors.shape)}, expected (n, {width}), one column "
            "per factor; see FACTOR_NAMES in the world's factor_table for their order"
        )
    if factors.dtype in (torch.float16, torch.bfloat16):
        return rendered(factors.float(), resolution, width, paint).to(factors.dtype)
    size = max(1, _CHUNK_PIXELS // resolution**2)
    starts = range(0, max(1, factors.shape[0]), size)
    return torch.cat([paint(factors[start : start + size], resolution) for start in starts])
