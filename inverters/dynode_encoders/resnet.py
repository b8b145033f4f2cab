"""ResNet-34 without its pooling: backbone of the published encoders for other things than faces."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


def body(widths: Sequence[int], units: Sequence[int]) -> nn.Sequential:
    """Make the basic blocks of all stages; every stage but the first halves the size."""
    made = list[Block]()
    channels = widths[0]
    for stage, (width, count) in enumerate(zip(widths, units, strict=True)):
        for index in range(count):
            stride = 2 if stage and index == 0 else 1
            made.append(Block(channels, width, stride))
            channels = width
    return nn.Sequential(*made)


class Block(nn.Module):
    """Two normed convolutions beside a shortcut.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        stride: Of the first convolution.

    Source:
        He et al. 2016, arXiv:1512.03385.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            shrinking = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shrinking, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        y = functional.relu(self.bn1(self.conv1(x)))
        short = x if self.downsample is None else self.downsample(x)
        return functional.relu(short + self.bn2(self.conv2(y)))
