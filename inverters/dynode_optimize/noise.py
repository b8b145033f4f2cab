"""Noise maps that are optimised beside the codes, kept from holding the picture."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dynode.generator import GeneratorInfo

_SMALLEST_PX = 8


def noise_maps(
    info: GeneratorInfo, count: int, random: torch.Generator, like: Tensor
) -> list[Tensor]:
    """Draw one map a convolution, (count, 1, r, r), the same for all pictures."""
    convolutions = len(info.style_channels) - len(info.rgb_layers)
    sides = [4 * 2 ** ((index + 1) // 2) for index in range(convolutions)]
    drawn = [torch.randn(1, 1, side, side, generator=random) for side in sides]
    return [part.expand(count, -1, -1, -1).to(like).clone() for part in drawn]


def noise_regularisation(maps: list[Tensor]) -> Tensor:
    """Sum the squared correlations of neighbouring values, at every scale down to 8 pixels: (n,).

    Source:
        Karras et al. 2020, StyleGAN2, arXiv:1912.04958, appendix D.
    """
    total = maps[0].new_zeros(len(maps[0]))
    for part in maps:
        noise = part
        while True:
            for axis in (2, 3):
                shifted = noise.roll(1, dims=axis)
                total = total + (noise * shifted).mean((1, 2, 3)).square()
            if noise.shape[2] <= _SMALLEST_PX:
                break
            noise = functional.avg_pool2d(noise, 2) * 2  # keeps the variance of white noise
    return total


@torch.no_grad()
def normalise(maps: list[Tensor]) -> None:
    """Bring every map back to mean 0 and variance 1, each picture by itself."""
    for part in maps:
        part -= part.mean((1, 2, 3), keepdim=True)
        part *= part.square().mean((1, 2, 3), keepdim=True).clamp_min(1e-12).rsqrt()
