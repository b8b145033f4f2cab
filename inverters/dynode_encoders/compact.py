"""A small backbone with a dense head: trains in minutes on one processor core."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from dynode_encoders.config import EncoderConfig

_SQUEEZED = 48
_HIDDEN = 256
_OFFSETS = 48


class CompactReader(nn.Module):
    """A residual network whose dense head keeps the places of what it sees.

    Rows are read together: one code for all of them, and offsets of single rows through a
    narrow layer, which start at zero. The map it reads is a sixteenth of the input.

    Args:
        config: Shape; `widths` are the channels of the four stages.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        first, second, third, fourth = config.widths
        self.rows, self.w_dim = config.rows, config.w_dim
        self.stem = nn.Conv2d(config.inputs, first, 5, stride=2, padding=2, bias=False)
        self.stem_norm = nn.BatchNorm2d(first)
        self.stages = nn.Sequential(
            ResidualBlock(first, second, shrink=True),
            ResidualBlock(second, third, shrink=True),
            ResidualBlock(third, third),
            ResidualBlock(third, fourth, shrink=True),
        )
        self.squeeze = nn.Conv2d(fourth, _SQUEEZED, 1)
        pixels = (config.size[0] // 16) * (config.size[1] // 16)
        self.hidden = nn.Linear(_SQUEEZED * pixels, _HIDDEN)
        self.code = nn.Linear(_HIDDEN, config.w_dim)
        self.narrow = nn.Linear(_HIDDEN, _OFFSETS)
        self.offsets = nn.Linear(_OFFSETS, config.rows * config.w_dim)
        nn.init.zeros_(self.offsets.weight)
        nn.init.zeros_(self.offsets.bias)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Read the shared code (n, w_dim) and the offsets of the rows (n, rows, w_dim)."""
        x = functional.relu(self.stem_norm(self.stem(images)))
        x = functional.relu(self.squeeze(self.stages(x)))
        x = functional.relu(self.hidden(x.flatten(1)))
        offsets = self.offsets(functional.relu(self.narrow(x)))
        return self.code(x), offsets.view(-1, self.rows, self.w_dim)


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut; shrinking averages before the shortcut."""

    def __init__(self, inputs: int, outputs: int, *, shrink: bool = False) -> None:
        super().__init__()
        stride = 2 if shrink else 1
        self.first = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.pool = nn.AvgPool2d(2) if shrink else nn.Identity()
        same = inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h, w), or half the size."""
        y = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(self.shortcut(self.pool(x)) + self.second_norm(self.second(y)))
