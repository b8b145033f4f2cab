"""Modulated convolution: the input is scaled by the style, the weights stay what they are.

Scaling the weights for every picture, as published, needs a copy of them a picture and a grouped
convolution. Scaling the input channels by s and the output channels by the demodulation factor

    d[n, o] = c / sqrt(c^2 sum_i s[n, i]^2 E[o, i] + 1e-8),   E[o, i] = sum over the kernel of W^2,

gives the same with one convolution for the batch. c = 1 / sqrt(inputs * kernel^2) is the equalised
learning rate. A weight offset W + sum_k a[n, k] B_k is a convolution more per basis, and E becomes
a quadratic in a whose matrices are computed once. Offsets of low rank are in `low_rank`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dynode.latents.weight_offset import LowRankOffset, Offset, WeightOffset
from dynode.stylegan2 import low_rank
from dynode.stylegan2.energy import EnergyCache, energy

EPSILON = 1e-8
# More bases than this on one layer are combined for each picture instead of convolved one by one.
SHARED_BASES = 2


def combine(weight: Tensor, offsets: Sequence[Offset]) -> Tensor:
    """Add the offsets of every picture to a weight: (o, i, kh, kw) -> (n, o, i, kh, kw)."""
    moved = weight[None]
    for offset in offsets:
        moved = moved + offset.changes(weight)
    return moved


def demodulation(style: Tensor, energies: Tensor, scale: float) -> Tensor:
    """Compute the factor of each output channel, the equalised scale of the weight included.

    Args:
        style: (n, i).
        energies: (o, i) for weights shared by the batch, (n, o, i) for weights of their own.
        scale: 1 / sqrt(inputs * kernel^2).

    Returns:
        (n, o).
    """
    squares = (style * scale).square()
    is_shared = energies.dim() == 2
    total = squares @ energies.t() if is_shared else (energies @ squares[:, :, None])[:, :, 0]
    return scale * (total + EPSILON).rsqrt()


def convolve(x: Tensor, weight: Tensor, *, up: bool) -> Tensor:
    """Convolve with a weight of the batch, or with one a picture.

    Args:
        x: (n, i, h, w).
        weight: (o, i, k, k), or (n, o, i, k, k) for a weight a picture.
        up: Transposed with stride 2 (output 2h + 1), otherwise same size.
    """
    if weight.dim() == 4:
        if up:
            return F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        return F.conv2d(x, weight, padding=weight.shape[-1] // 2)
    n, i, h, w = x.shape
    rows = x.reshape(1, n * i, h, w)
    if up:
        kernel = weight.transpose(1, 2).flatten(0, 1)
        y = F.conv_transpose2d(rows, kernel, stride=2, groups=n)
    else:
        y = F.conv2d(rows, weight.flatten(0, 1), padding=weight.shape[-1] // 2, groups=n)
    return y.view(n, -1, *y.shape[2:])


def modulated_convolution(
    x: Tensor,
    weight: Tensor,
    style: Tensor,
    *,
    up: bool = False,
    offsets: Sequence[Offset] = (),
    cache: EnergyCache | None = None,
) -> tuple[Tensor, Tensor]:
    """Convolve with modulated, possibly moved weights, leaving the demodulation to the caller.

    Args:
        x: (n, i, h, w).
        weight: (o, i, k, k) as stored.
        style: (n, i).
        up: Transposed with stride 2.
        offsets: Offsets of this weight; several add up.
        cache: Keeps what depends on the weights alone.

    Returns:
        y (n, o, h', w') and the factors d (n, o) it still has to be multiplied with. They are apart
        because d commutes with the blur and is cheapest together with noise and bias.

    Source:
        Karras et al. 2020, StyleGAN2, arXiv:1912.04958 (modulation and demodulation).
        Deviation: activations are scaled instead of weights; equal in exact arithmetic.
    """
    cache = cache or EnergyCache()
    scale = (weight.shape[1] * weight.shape[2] * weight.shape[3]) ** -0.5
    x = x * style[:, :, None, None]
    if not offsets:
        return convolve(x, weight, up=up), demodulation(style, cache.of(weight), scale)
    narrow = [offset for offset in offsets if isinstance(offset, LowRankOffset)]
    if len(narrow) == len(offsets):
        added, down, mix, a = low_rank.added_convolution(x, narrow, up=up)
        energies = low_rank.moved_energy(weight, down, mix, a, cache)
        return convolve(x, weight, up=up) + added, demodulation(style, energies, scale)
    dense = [o.dense() if isinstance(o, LowRankOffset) else o for o in offsets]
    if not _are_shared(dense, x.shape[0]):
        moved = combine(weight, offsets)
        moved = moved[0] if len(moved) == 1 else moved
        return convolve(x, moved, up=up), demodulation(style, energy(moved), scale)
    y = convolve(x, weight, up=up)
    for offset in dense:
        for basis, coefficient in zip(
            offset.basis.to(weight), offset.coefficients.to(weight).unbind(1), strict=True
        ):
            y = y + convolve(x * coefficient[:, None, None, None], basis, up=up)
    return y, demodulation(style, moved_energy(weight, dense, cache), scale)


def moved_energy(weight: Tensor, offsets: Sequence[WeightOffset], cache: EnergyCache) -> Tensor:
    """Compute the energy of the moved weights of every picture without forming them.

    Args:
        weight: (o, i, k, k).
        offsets: Offsets with few bases.
        cache: Keeps the products of the weights.

    Returns:
        (n, o, i), the energy of W + sum_k a[n, k] B_k.
    """
    total = cache.of(weight)[None]
    moves = [(offset.basis.to(weight), offset.coefficients.to(weight)) for offset in offsets]
    for index, (basis, a) in enumerate(moves):
        linear = 2 * cache.between(basis, weight[None])[:, 0]
        total = total + torch.einsum("nk,koi->noi", a, linear)
        for other_index, (other, b) in enumerate(moves[: index + 1]):
            square = cache.between(basis, other)
            twice = 1 if other_index == index else 2
            total = total + twice * torch.einsum("nj,nk,jkoi->noi", a, b, square)
    return total


def _are_shared(offsets: Sequence[WeightOffset], n: int) -> bool:
    """Say whether convolving with the bases beats combining them for each picture."""
    return n > 1 and sum(offset.basis.shape[0] for offset in offsets) <= SHARED_BASES
