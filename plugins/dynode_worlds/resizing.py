"""Bring square pictures to the side that a network reads."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def resized(images: Tensor, size_px: int) -> Tensor:
    """Resize pictures (n, 3, h, w) to (n, 3, size_px, size_px) without aliasing, differentiably."""
    size = (size_px, size_px)
    if images.shape[-2:] == size:
        return images
    return functional.interpolate(
        images, size=size, mode="bilinear", antialias=True, align_corners=False
    )
