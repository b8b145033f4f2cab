"""IR-SE: the residual network of ArcFace, backbone of the published face encoders."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_REDUCTION = 16


def input_layer(inputs: int, width: int) -> nn.Sequential:
    """Make the layer that keeps the size: (n, inputs, h, w) -> (n, width, h, w)."""
    convolution = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.PReLU(width))


def body(widths: Sequence[int], units: Sequence[int], *, has_squeeze: bool) -> nn.Sequential:
    """Make the residual units of all stages, the first of each stage halving the size.

    Args:
        widths: Channels of each stage; the first is that of the input layer too.
        units: Units of each stage: (3, 4, 14, 3) for IR-SE50.
        has_squeeze: Weigh the channels (IR-SE); False for plain IR.
    """
    made = list[Unit]()
    channels = widths[0]
    for width, count in zip(widths, units, strict=True):
        for index in range(count):
            stride = 2 if index == 0 else 1
            made.append(Unit(channels, width, stride, has_squeeze=has_squeeze))
            channels = width
    return nn.Sequential(*made)


class Unit(nn.Module):
    """Norm, convolution, PReLU, strided convolution, norm, weighed channels; beside a shortcut.

    Nothing is activated after the sum. Where the width stays, the shortcut takes every
    `stride`-th pixel.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        stride: 1, or 2 to halve the size.
        has_squeeze: Weigh the channels.

    Source:
        Deng et al. 2019, ArcFace, arXiv:1801.07698; Hu et al. 2018, SE, arXiv:1709.01507.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, *, has_squeeze: bool) -> None:
        super().__init__()
        self.stride = stride
        self.shortcut_layer = None
        if inputs != outputs:
            shrinking = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut_layer = nn.Sequential(shrinking, nn.BatchNorm2d(outputs))
        layers: list[nn.Module] = [
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        if has_squeeze:
            layers.append(_Squeeze(outputs))
        self.res_layer = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        short = x[:, :, :: self.stride, :: self.stride]
        if self.shortcut_layer is not None:
            short = self.shortcut_layer(x)
        residual: Tensor = self.res_layer(x)
        return residual + short


class _Squeeze(nn.Module):
    """Weigh each channel by what all of them hold on average."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, max(1, channels // _REDUCTION), 1, bias=False)
        self.fc2 = nn.Conv2d(max(1, channels // _REDUCTION), channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        weights = self.fc2(torch.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(weights)
