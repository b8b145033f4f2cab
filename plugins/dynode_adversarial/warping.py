"""Pictures resampled along a grid, differentiable twice in the pictures.

torch's own resampling is differentiable once; the gradient penalty needs the gradient of a gradient.
It is linear in the pictures, so the second derivative is the resampling itself.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

_BICUBIC, _REFLECTED = 2, 2
_ops = torch.ops.aten


class _Warp(Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.shape = images.shape
        warped: Tensor = _ops.grid_sampler_2d(images, grid, _BICUBIC, _REFLECTED, False)
        return warped

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (grid,) = ctx.saved_tensors
        spread: Tensor = _Spread.apply(gradients[0], grid, ctx.shape)
        return spread, None


class _Spread(Function):
    @staticmethod
    def forward(ctx: Any, gradient: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        images = gradient.new_empty(1).expand(shape)  # only its shape is read
        spread: Tensor = _ops.grid_sampler_2d_backward(
            gradient.contiguous(), images, grid, _BICUBIC, _REFLECTED, False, [True, False]
        )[0]
        return spread

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        warped: Tensor = _Warp.apply(gradients[0], grid)
        return warped, None, None


def warp(images: Tensor, matrices: Tensor) -> Tensor:
    """Move pictures by affine maps, bicubic, mirrored at the border.

    Args:
        images: (n, c, h, w); square.
        matrices: (n, 2, 3), from places in the result to places in the picture, both in [-1, 1].

    Returns:
        (n, c, h, w).
    """
    size = [len(images), 1, *images.shape[2:]]
    grid = torch.nn.functional.affine_grid(matrices.to(images), size, align_corners=False)
    warped: Tensor = _Warp.apply(images, grid)
    return warped
