"""What CLIP sees of a picture."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


@lru_cache(maxsize=16)
def _area_weights(source: int, target: int) -> Tensor:
    """Make the (target, source) matrix of exact area averages, float64."""
    edges = torch.arange(target + 1, dtype=torch.float64) * (source / target)
    starts, ends = edges[:-1, None], edges[1:, None]
    pixels = torch.arange(source, dtype=torch.float64)[None]
    overlap = (torch.minimum(ends, pixels + 1) - torch.maximum(starts, pixels)).clamp_min(0)
    return overlap / overlap.sum(1, keepdim=True)


def area_resize(images: Tensor, size: int) -> Tensor:
    """Resize square pictures by averaging the area each new pixel covers.

    Args:
        images: (n, c, s, s).
        size: New side in pixels.

    Returns:
        (n, c, size, size).

    Source:
        Equal to the published StyleCLIP input, which enlarges seven times by repetition and then
        averages windows of s/32, without its 7168-pixel intermediate: two small matrix products.
    """
    rows = _area_weights(images.shape[-2], size).to(images)
    columns = _area_weights(images.shape[-1], size).to(images)
    return rows @ (images @ columns.T)
