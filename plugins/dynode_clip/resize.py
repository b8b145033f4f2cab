"""Bring pictures to the size a CLIP model takes."""

from __future__ import annotations

from typing import Literal

from torch import Tensor
from torch.nn import functional


def resize_for_clip(
    images: Tensor, size_px: int, *, mode: Literal["bilinear", "bicubic"] = "bilinear"
) -> Tensor:
    """Crop pictures to their central square and resize them without aliasing.

    Args:
        images: (n, 3, h, w) float in [-1, 1], RGB.
        size_px: Side of the result, `TextImageModel.image_size`.
        mode: Kernel, stretched by the factor when shrinking. CLIP was trained with `bicubic`, which
            may leave [-1, 1] a little; `bilinear` never does.

    Returns:
        (n, 3, size_px, size_px), a linear and differentiable function of the pictures; the very
        same tensor if the size fits already.
    """
    height, width = images.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    images = images[..., top : top + side, left : left + side]
    if side == size_px:
        return images
    return functional.interpolate(
        images, size=(size_px, size_px), mode=mode, antialias=True, align_corners=False
    )
