"""Networks that map a W+ code, or its style vectors, to the offset that edits it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


class RowMapper(nn.Module):
    """Small networks over groups of W+ rows; rows of no group get no offset.

    Every group has its own stack of equalised linear layers with leaky ReLU after each, the last
    included, behind a pixel norm.

    Attributes:
        groups: `(first row, row after the last)` of each group.
        width: w_dim.
        depth: Linear layers of a group.
        normalize_rows: Axis of the pixel norm: True normalises each feature over the rows of the
            group, as the published networks do and need; False over the features of each row.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249 (the latent mapper).
        Deviation: any grouping of any number of rows.
    """

    def __init__(
        self,
        groups: Sequence[tuple[int, int]],
        width: int,
        *,
        depth: int = 4,
        normalize_rows: bool = True,
    ) -> None:
        """Make a mapper with random weights; see the class for the arguments."""
        super().__init__()
        self.groups = tuple((int(first), int(end)) for first, end in groups)
        self.width = width
        self.depth = depth
        self.normalize_rows = normalize_rows
        self.stacks = nn.ModuleList(
            nn.ModuleList(_EqualLinear(width) for _ in range(depth)) for _ in self.groups
        )

    def forward(self, w: Tensor) -> Tensor:
        """Map codes (n, num_layers, w_dim) to unscaled offsets of the same shape."""
        offset = torch.zeros_like(w)
        for (first, end), stack in zip(self.groups, self.stacks, strict=True):
            rows = self._normalized(w[:, first:end])
            for layer in stack:  # type: ignore[attr-defined]  # ModuleList iterates over Modules
                rows = layer(rows)
            offset[:, first:end] = rows
        return offset

    def _normalized(self, rows: Tensor) -> Tensor:
        return _pixel_norm(rows, 1 if self.normalize_rows else 2)


class StyleMapper(nn.Module):
    """A small network of its own for each style vector; layers without one get no offset.

    Attributes:
        channels: Width of the style vector of each layer.
        depth: Linear layers of a network.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249 (the mapper in StyleSpace).
        Deviation: any layers of any generator, by name.
    """

    def __init__(self, channels: Mapping[str, int], *, depth: int = 4) -> None:
        """Make a mapper with random weights; see the class for the arguments."""
        super().__init__()
        self.channels = dict(channels)
        self.depth = depth
        self.stacks = nn.ModuleList(
            nn.ModuleList(_EqualLinear(width) for _ in range(depth)) for width in channels.values()
        )

    def forward(self, styles: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Map styles (n, channels) by layer to unscaled offsets of the same shapes."""
        offsets = {}
        for name, stack in zip(self.channels, self.stacks, strict=True):
            x = _pixel_norm(styles[name], 1)
            for layer in stack:  # type: ignore[attr-defined]  # ModuleList iterates over Modules
                x = layer(x)
            offsets[name] = x
        return offsets


def _pixel_norm(x: Tensor, axis: int) -> Tensor:
    return x * torch.rsqrt(x.square().mean(axis, keepdim=True) + 1e-8)


class _EqualLinear(nn.Module):
    """A square equalised linear layer with learning-rate multiplier 0.01 and leaky ReLU."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, width) * 100)
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, rows: Tensor) -> Tensor:
        scale = 0.01 / math.sqrt(self.weight.shape[1])
        moved = nn.functional.linear(rows, self.weight * scale, self.bias * 0.01)
        return nn.functional.leaky_relu(moved, 0.2) * math.sqrt(2)
