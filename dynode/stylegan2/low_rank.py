"""Weights moved by offsets of low rank, convolved without ever being formed.

With W' = W + U diag(a) D, the convolution is that of W, plus one to the few channels of D, scaled
by a, plus one of a single pixel by U. The energy of the demodulation is

    E'[o, i] = E[o, i] + 2 sum_r T[o, r] P[o, r, i] + sum_rs T[o, r] T[o, s] G[r, s, i],

T = U diag(a), P and G being the products over the kernel of W with D and of D with itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dynode.latents.weight_offset import LowRankOffset
from dynode.stylegan2.energy import EnergyCache

# With more channels the products are cheaper to compute again than to keep.
_MOST_KEPT = 8


def added_convolution(
    x: Tensor, offsets: Sequence[LowRankOffset], *, up: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Convolve with the offsets alone.

    Args:
        x: (n, i, h, w), modulated.
        offsets: Offsets of one weight.
        up: Transposed with stride 2.

    Returns:
        y (n, o, h', w'); D (r, i, kh, kw), U (o, r) and a (n, r) of all offsets together.
    """
    down = _joined([offset.down.to(x) for offset in offsets], 0)
    mix = _joined([offset.up.to(x) for offset in offsets], 1)
    a = _joined([offset.channel_coefficients().to(x) for offset in offsets], 1)
    if up:
        narrow = F.conv_transpose2d(x, down.transpose(0, 1), stride=2)
    else:
        narrow = F.conv2d(x, down, padding=down.shape[-1] // 2)
    y = F.conv2d(narrow * a[:, :, None, None], mix[:, :, None, None])
    return y, down, mix, a


def moved_energy(
    weight: Tensor, down: Tensor, mix: Tensor, a: Tensor, cache: EnergyCache
) -> Tensor:
    """Compute the energy of every picture's moved weight: (n, o, i).

    Args:
        weight: (o, i, kh, kw).
        down: D, (r, i, kh, kw).
        mix: U, (o, r).
        a: (n, r).
        cache: Keeps the products of the weights.
    """
    moved = []
    for own in a:
        used = slice(None) if a.requires_grad else own.nonzero()[:, 0]
        whole = isinstance(used, slice) or len(used) == len(own)
        narrow = down if whole else down[used]
        part = mix * own if whole else mix[:, used] * own[used]
        cross, square = _products(weight, narrow, cache)
        linear = torch.einsum("or,ori->oi", part, cross)
        pairs = (part[:, :, None] * part[:, None, :]).flatten(1)
        moved.append(2 * linear + pairs @ square.flatten(0, 1))
    return cache.of(weight)[None] + torch.stack(moved)


def _products(weight: Tensor, down: Tensor, cache: EnergyCache) -> tuple[Tensor, Tensor]:
    """Sum products over the kernel: W with D (o, r, i), and D with itself (r, r, i)."""
    is_constant = not (weight.requires_grad or down.requires_grad)
    if is_constant and len(down) <= _MOST_KEPT:
        return cache.between(weight, down), cache.between(down, down)
    flat, narrow = weight.flatten(2), down.flatten(2)
    cross = torch.einsum("oik,rik->ori", flat, narrow)
    return cross, torch.einsum("rik,sik->rsi", narrow, narrow)


def _joined(parts: Sequence[Tensor], axis: int) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), axis)
