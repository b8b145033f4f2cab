"""How far a picture is from the picture it should be."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_PEAK = 2.0
_DETAIL = 4.0
_SQUARES = 6.0
_EDGES = 0.5
_COARSE = 0.25
# So that the gradient is about that of `picture_loss` where a picture's error is 0.03 in places.
_DECIBELS = 0.05


def psnr(images: Tensor, targets: Tensor) -> float:
    """Compute the peak signal-to-noise ratio in decibels, the mean over pictures.

    For each picture 10 log10(4 / mean squared error over all its pixels and channels): the peak
    is 2, the length of [-1, 1], so the figure is that of the same pictures with values 0 to 255.

    Args:
        images: (n, 3, h, w).
        targets: The same shape, in [-1, 1].
    """
    error = (images - targets).square().mean((1, 2, 3))
    return float((20 * math.log10(_PEAK) - 10 * error.log10()).mean())


def picture_loss(images: Tensor, targets: Tensor, squares: float) -> Tensor:
    """Compute the training loss: absolute error, of pixels, of edges and of coarser versions.

    Pixels where the target has detail (eyes, mouth, frames, outlines) count more.

    Args:
        images: (n, 3, h, w) the generator made.
        targets: The same shape, in [-1, 1].
        squares: Weight of the squared error in its own unit; 0 for none, 1 for the end of training.

    Returns:
        A scalar.
    """
    error = images - targets
    weight = detail_weight(targets)
    loss = (weight * error.abs()).mean() + _EDGES * _edge_error(error)
    if squares:
        loss = loss + squares * _SQUARES * error.square().mean()
    for _ in range(3):
        if error.shape[-1] <= 8:
            break
        error = functional.avg_pool2d(error, 2)
        loss = loss + _COARSE * error.abs().mean()
    return loss


def decibel_loss(images: Tensor, targets: Tensor) -> Tensor:
    """Compute the logarithm of each picture's mean squared error, the negative of its PSNR but for scale.

    Args:
        images: (n, 3, h, w) the generator made.
        targets: The same shape, in [-1, 1].

    Returns:
        A scalar.
    """
    error = (images - targets).square().mean((1, 2, 3))
    return _DECIBELS * (error + 1e-8).log().mean()


def detail_weight(targets: Tensor) -> Tensor:
    """Weigh pixels by the contrast around them, (n, 1, h, w) with mean 1."""
    grey = targets.mean(1, keepdim=True)
    local = functional.max_pool2d(grey, 3, 1, 1) + functional.max_pool2d(-grey, 3, 1, 1)
    weight = 1 + _DETAIL * local
    return weight / weight.mean()


def _edge_error(error: Tensor) -> Tensor:
    across = (error[..., :, 1:] - error[..., :, :-1]).abs().mean()
    down = (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    return torch.add(across, down)
