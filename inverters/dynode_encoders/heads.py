"""From a map of features to one row of w+: the map-to-style block."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_SLOPE = 0.01  # the published code leaves it to the framework; elsewhere in StyleGAN2 it is 0.2


class ScaledLinear(nn.Module):
    """A linear layer with the equalised learning rate: the stored weight over sqrt(inputs).

    Args:
        inputs: Input width.
        outputs: Output width.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return functional.linear(x, self.weight * self.weight.shape[1] ** -0.5, self.bias)


class StyleBlock(nn.Module):
    """Halve a map until one pixel is left, and read a row of w+ off it.

    Args:
        inputs: Channels of the map.
        width: Channels inside.
        outputs: Width of the row.
        depth: Number of halvings.

    Source:
        Richardson et al. 2021, pSp, arXiv:2008.00951 (map2style).
    """

    def __init__(self, inputs: int, width: int, outputs: int, depth: int) -> None:
        super().__init__()
        layers = list[nn.Module]()
        for index in range(depth):
            channels = width if index else inputs
            layers += [nn.Conv2d(channels, width, 3, 2, padding=1), nn.LeakyReLU(_SLOPE)]
        self.convs = nn.Sequential(*layers)
        self.linear = ScaledLinear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs)."""
        row: Tensor = self.linear(self.convs(x).flatten(1))
        return row
