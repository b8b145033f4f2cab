"""Blur, doubling and halving of pictures with a separable filter.

Every published StyleGAN2 filters with the outer square of one short vector. A long one is applied
to one axis after the other, which takes fewer products; the usual four taps in one pass, because
there the traffic of a second pass costs more than the products it saves (measured: two thirds of
the time forwards and backwards).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

# Filters of up to this length are applied to both axes at once.
SHORT = 4


def separable_filter(
    x: Tensor,
    taps: Sequence[float],
    *,
    padding: tuple[int, int],
    gain: float = 1.0,
    stride: int = 1,
) -> Tensor:
    """Convolve every channel with the outer square of `taps`.

    Args:
        x: (n, c, h, w).
        taps: One axis of the filter; divided by its sum.
        padding: Zeros before and after each axis.
        gain: Factor for the whole 2-D filter.
        stride: Keep every stride-th sample of each axis, starting with the first.

    Returns:
        (n, c, h', w') with h' = (h + sum(padding) - len(taps)) // stride + 1.
    """
    before, after = padding
    if before != after:
        x = F.pad(x, (max(before - after, 0), max(after - before, 0)) * 2)
    pad, channels = min(before, after), x.shape[1]
    line = _line(tuple(taps), gain, x.dtype, x.device)
    if len(taps) <= SHORT:
        square = torch.outer(line, line).expand(channels, 1, -1, -1)
        return F.conv2d(x, square, padding=pad, stride=stride, groups=channels)
    column, row = (
        line.view(shape).expand(channels, 1, -1, -1) for shape in ((1, 1, -1, 1), (1, 1, 1, -1))
    )
    x = F.conv2d(x, column, padding=(pad, 0), stride=(stride, 1), groups=channels)
    return F.conv2d(x, row, padding=(0, pad), stride=(1, stride), groups=channels)


def _line(taps: tuple[float, ...], gain: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Give one axis of the filter, reversed, with its gain: the same tensor at every call.

    Making it anew would copy it to the device for each block of each frame. A compiler traces what
    makes it, since what it traces must not be kept.
    """
    if torch.compiler.is_compiling():
        return _make_line(taps, gain, dtype, device)
    return _kept_line(taps, gain, dtype, device)


def _make_line(
    taps: tuple[float, ...], gain: float, dtype: torch.dtype, device: torch.device
) -> Tensor:
    line = torch.tensor(taps[::-1], dtype=dtype, device=device)
    return line * (math.sqrt(gain) / sum(taps))


@lru_cache(maxsize=64)
def _kept_line(
    taps: tuple[float, ...], gain: float, dtype: torch.dtype, device: torch.device
) -> Tensor:
    with torch.inference_mode(False):  # also for renders that want gradients
        return _make_line(taps, gain, dtype, device)


def blur_after_doubling(x: Tensor, taps: Sequence[float]) -> Tensor:
    """Blur the output of a stride-2 transposed 3x3 convolution: (2h + 1) -> 2h for 4 taps.

    Args:
        x: (n, c, 2h + 1, 2w + 1).
        taps: One axis of the filter, in any scale.
    """
    excess = len(taps) - 4
    return separable_filter(x, taps, padding=((excess + 1) // 2 + 1, excess // 2 + 1), gain=4.0)


def double(x: Tensor, taps: Sequence[float]) -> Tensor:
    """Double the size: zeros between the samples, then the filter with gain 4.

    Args:
        x: (n, c, h, w).
        taps: One axis of the filter, in any scale.

    Returns:
        (n, c, 2h, 2w). Outside the picture counts as zero, also for the common [1, 3, 3, 1],
        which is bilinear interpolation everywhere else.
    """
    if tuple(taps) == (1, 3, 3, 1):
        grown = F.interpolate(F.pad(x, (1, 1, 1, 1)), scale_factor=2, mode="bilinear")
        return grown[:, :, 2:-2, 2:-2]
    n, c, h, w = x.shape
    sparse = x.new_zeros(n, c, h, 2, w, 2)
    sparse[:, :, :, 0, :, 0] = x
    excess = len(taps) - 2
    padding = ((excess + 1) // 2 + 1, excess // 2)
    return separable_filter(sparse.reshape(n, c, 2 * h, 2 * w), taps, padding=padding, gain=4.0)


def blur_before_halving(x: Tensor, taps: Sequence[float], *, kernel: int) -> Tensor:
    """Blur for a following `kernel` x `kernel` convolution with stride 2 and no padding.

    Args:
        x: (n, c, h, w).
        taps: One axis of the filter, in any scale.
        kernel: Size of the following convolution; for 1 the samples it would skip are left out,
            so that the following convolution must have stride 1.
    """
    excess = len(taps) - 2 + kernel - 1
    padding = ((excess + 1) // 2, excess // 2)
    return separable_filter(x, taps, padding=padding, stride=2 if kernel == 1 else 1)
