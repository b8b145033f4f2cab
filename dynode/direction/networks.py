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
        state: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Make a mapper.

        Args:
            groups: See the class, as are `width`, `depth` and `normalize_rows`.
            width: See the class.
            depth: See the class.
            normalize_rows: See the class.
            state: Stored weights to keep, named as in its `state_dict`; None draws random ones.

        Raises:
            ValueError: Stored weights do not bear out the sizes, or a group has no rows.
        """
        super().__init__()
        if state is not None:
            _check_stacks(state, [width] * _count_stacks(state, len(groups), depth), depth)
        self.groups = tuple((int(first), int(end)) for first, end in groups)
        self.width = width
        self.depth = depth
        self.normalize_rows = normalize_rows
        if state is not None and not all(0 <= first < end for first, end in self.groups):
            raise ValueError(f"a mapper has the groups {str(self.groups)[:60]}")
        self.stacks = _make_stacks([width] * len(self.groups), depth, state)

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

    def __init__(
        self,
        channels: Mapping[str, int],
        *,
        depth: int = 4,
        state: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Make a mapper.

        Args:
            channels: See the class, as is `depth`.
            depth: See the class.
            state: Stored weights to keep, named as in its `state_dict`; None draws random ones.

        Raises:
            ValueError: Stored weights do not bear out the sizes.
        """
        super().__init__()
        if state is not None:
            _count_stacks(state, len(channels), depth)
            _check_stacks(state, list(channels.values()), depth)
        self.channels = dict(channels)
        self.depth = depth
        self.stacks = _make_stacks(list(channels.values()), depth, state)

    def forward(self, styles: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Map styles (n, channels) by layer to unscaled offsets of the same shapes."""
        offsets = {}
        for name, stack in zip(self.channels, self.stacks, strict=True):
            x = _pixel_norm(styles[name], 1)
            for layer in stack:  # type: ignore[attr-defined]  # ModuleList iterates over Modules
                x = layer(x)
            offsets[name] = x
        return offsets


def _make_stacks(
    widths: Sequence[int], depth: int, state: Mapping[str, Tensor] | None
) -> nn.ModuleList:
    return nn.ModuleList(
        nn.ModuleList(
            _make_layer(width, f"stacks.{index}.{layer}", state) for layer in range(depth)
        )
        for index, width in enumerate(widths)
    )


def _make_layer(width: int, name: str, state: Mapping[str, Tensor] | None) -> _EqualLinear:
    if state is None:
        return _EqualLinear(torch.randn(width, width) * 100, torch.zeros(width))
    return _EqualLinear(state[f"{name}.weight"], state[f"{name}.bias"]).requires_grad_(False)


def _count_stacks(state: Mapping[str, Tensor], stacks: int, depth: int) -> int:
    """Return the number of stacks if that many tensors are there; nothing is looped over before."""
    if depth < 1 or stacks < 1 or len(state) != 2 * stacks * depth:
        raise ValueError(f"a mapper of {stacks} parts and depth {depth} has other tensors")
    return stacks


def _check_stacks(state: Mapping[str, Tensor], widths: Sequence[int], depth: int) -> None:
    """Refuse weights of other shapes than (width, width) and (width,) in every layer."""
    wanted = {
        f"stacks.{index}.{layer}.{part}": (width, width) if part == "weight" else (width,)
        for index, width in enumerate(widths)
        for layer in range(depth)
        for part in ("weight", "bias")
    }
    for name, shape in wanted.items():
        if tuple(state[name].shape) != shape:
            raise ValueError(f"{name} has shape {tuple(state[name].shape)}; its width says {shape}")


def _pixel_norm(x: Tensor, axis: int) -> Tensor:
    return x * torch.rsqrt(x.square().mean(axis, keepdim=True) + 1e-8)


class _EqualLinear(nn.Module):
    """A square equalised linear layer with learning-rate multiplier 0.01 and leaky ReLU."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, rows: Tensor) -> Tensor:
        scale = 0.01 / math.sqrt(self.weight.shape[1])
        moved = nn.functional.linear(rows, self.weight * scale, self.bias * 0.01)
        return nn.functional.leaky_relu(moved, 0.2) * math.sqrt(2)
