"""Modulated convolutions in 16 bits that cannot overflow.

As published, the four highest blocks compute in 16 bits, everything else (mapping, styles,
demodulation, the sum of the toRGB layers) in 32. Weights are divided by their largest magnitude in an
output channel times the root of their inputs, styles by their largest magnitude, and activations are
clamped: then no sum exceeds 256 sqrt(4608) < 65504, the largest float16. The demodulation takes the two
factors back.

Source:
    Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676 (mixed precision, appendix).
    Deviations: the demodulation is computed in float32 from the weights themselves; networks that were
    trained without a clamp get one in float16; toRGB layers are normalised too.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dynode.latents.weight_offset import Offset
from dynode.stylegan2.energy import EnergyCache, energy
from dynode.stylegan2.modulation import combine, convolve, demodulation

CLAMP = 256.0
BLOCKS = 4
_TYPES = (torch.float16, torch.bfloat16)
_TINY = 1e-30  # of float32: divides zeros
_LARGEST_FACTOR = 1e4  # that of the published demodulation, 1 / sqrt(1e-8)


def first_block(resolution: int) -> int:
    """Name the first block in 16 bits of a network whose last block is `resolution`, as published."""
    return max(resolution >> (BLOCKS - 1), 8)


def is_sixteen_bits(x: Tensor) -> bool:
    """Say whether activations have a 16-bit type."""
    return x.dtype in _TYPES


def clamp_of(x: Tensor, clamp: float | None) -> float | None:
    """Give the largest magnitude after a layer: its own, or in float16 that of the published networks."""
    return CLAMP if clamp is None and x.dtype == torch.float16 else clamp


def convolution(
    x: Tensor,
    weight: Tensor,
    style: Tensor,
    *,
    up: bool,
    offsets: Sequence[Offset],
    cache: EnergyCache,
) -> tuple[Tensor, Tensor]:
    """Convolve in the type of `x`; see `modulated_convolution`.

    Returns:
        y (n, o, h', w') in the type of x, and the factors (n, o) in float32.
    """
    if offsets:
        moved = combine(weight, offsets).float()
        energies = energy(moved)
        energies, moved = (energies[0], moved[0]) if len(moved) == 1 else (energies, moved)
    else:
        moved, energies = weight.float(), cache.of(weight).float()
    style = style.float()
    inputs = weight[0].numel()
    largest_style = _largest(style, (1,))
    largest_weight = _largest(moved, (-3, -2, -1))
    scaled = (moved * (inputs**-0.5 / largest_weight)).to(x.dtype)
    y = convolve(x * (style / largest_style).to(x.dtype)[:, :, None, None], scaled, up=up)
    factor = demodulation(style, energies, inputs**-0.5)
    back = largest_weight[..., 0, 0, 0] * largest_style * inputs**0.5
    return y, (factor * back).clamp_max(_LARGEST_FACTOR)


def to_rgb(x: Tensor, weight: Tensor, style: Tensor, offsets: Sequence[Offset]) -> Tensor:
    """Mix channels by a modulated weight of one pixel, without bias.

    Returns:
        (n, outputs, h, w) in float32.
    """
    n, inputs, h, w = x.shape
    moved = combine(weight, offsets) if offsets else weight[None]
    moved = moved[:, :, :, 0, 0].float() * style.float()[:, None]
    largest = _largest(moved, (1, 2))
    scaled = (moved * (inputs**-0.5 / largest)).to(x.dtype)
    y = torch.bmm(scaled.expand(n, -1, -1), x.reshape(n, inputs, h * w))
    return (y.float() * largest).view(n, -1, h, w)


def _largest(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Give the largest magnitude; a constant, for what is drawn does not depend on it."""
    return x.detach().abs().amax(axes, keepdim=True).clamp_min(_TINY)
