"""Directions towards another network: offsets of the weights of several layers, and of their styles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.base import Direction, check_finite, is_moved
from dynode.direction.info import DirectionInfo
from dynode.errors import GeneratorMismatchError, UsageError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import LowRankOffset, Offset, WeightOffset


@dataclass(frozen=True, eq=False)
class StyleShift:
    """An offset of the map from a row of w+ to the styles of a layer.

    Attributes:
        row: The row.
        weight: (channels, w_dim), learning rates multiplied in.
        bias: (channels,), likewise.
    """

    row: int
    weight: Tensor
    bias: Tensor

    def of(self, w: Tensor) -> Tensor:
        """Return the change of the styles (n, channels) of codes (n, rows, w_dim)."""
        return torch.addmm(self.bias.to(w), w[:, self.row], self.weight.to(w).T)


@dataclass(frozen=True, eq=False, repr=False)
class NetworkDirection(Direction):
    """The way from one network to another of the same shape, as far as codes can carry it.

    Strength 1 is the other network, strength 0 this one, 0.5 the mean of the weights of both. Styles are
    moved by what stands in the codes, so it belongs behind directions that change codes.

    Attributes:
        weights: (out, in, kh, kw) by layer, added to the stored weight.
        factors: Likewise of low rank: down (r, in, kh, kw) and up (out, r), whose product it is.
        styles: Offsets of the maps from w+ to styles, by layer.
    """

    space: ClassVar[str] = "network"
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    factors: Mapping[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    styles: Mapping[str, StyleShift] = field(default_factory=dict)
    _ready: dict[tuple[torch.device, torch.dtype], tuple[Offset, ...]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for part in self.tensors()[0].values():
            check_finite(part, self.info.name)

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """See `Direction.move`."""
        moved = is_moved(amounts)[:, :, 0]
        shifts = {
            name: torch.where(moved, amounts[:, None] * shift.of(latents.w), 0.0)
            for name, shift in self.styles.items()
        }
        latents = latents.add_styles(shifts)
        for offset in self._offsets(latents.w):
            latents = latents.add_weights(offset.with_coefficients(amounts[:, None]))
        return latents

    def _offsets(self, w: Tensor) -> tuple[Offset, ...]:
        """Give the offsets like `w`: the same tensors each time, so that offsets merge."""
        key = (w.device, w.dtype)
        if key not in self._ready:
            with torch.inference_mode(False):  # kept for renders that want gradients
                one = torch.ones(1, 1).to(w)
                dense = [
                    WeightOffset(name, part[None].to(w), one) for name, part in self.weights.items()
                ]
                low = [
                    LowRankOffset(name, down.to(w), up.to(w), one)
                    for name, (down, up) in self.factors.items()
                ]
                self._ready[key] = (*dense, *low)
        return self._ready[key]

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        low = {n: (up.shape[0], *down.shape[1:]) for n, (down, up) in self.factors.items()}
        for name, shape in ({n: tuple(p.shape) for n, p in self.weights.items()} | low).items():
            self._fit(f"the weight of {name}", shape, info.conv_layers.get(name), info)
        for name, shift in self.styles.items():
            wanted = (info.style_channels.get(name), info.w_dim, info.style_rows.get(name))
            self._fit(f"the styles of {name}", (*shift.weight.shape, shift.row), wanted, info)

    def _fit(self, what: str, shape: object, wanted: object, info: GeneratorInfo) -> None:
        if shape != wanted:
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} moves {what} by {shape}, generator {info.name} has "
                f"{wanted or 'no such layer'}; make it again for this generator"
            )

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        kept = {f"weight.{name}": part for name, part in self.weights.items()}
        for name, (down, up) in self.factors.items():
            kept |= {f"down.{name}": down, f"up.{name}": up}
        for name, shift in self.styles.items():
            kept |= {f"style.{name}": shift.weight, f"bias.{name}": shift.bias}
        rows = {name: shift.row for name, shift in self.styles.items()}
        return kept, {"weights": [*self.weights], "factors": [*self.factors], "styles": rows}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        named = [description[part] for part in ("weights", "factors", "styles")]
        if sum(map(len, named)) > len(tensors):
            raise ValueError(f"{sum(map(len, named))} layers are named, {len(tensors)} are stored")
        weights = {name: _axes(tensors[f"weight.{name}"], 4) for name in named[0]}
        factors = {name: _factors(tensors, name) for name in named[1]}
        styles = {name: _style(tensors, name, row) for name, row in named[2].items()}
        return cls(weights, factors, styles, info=info)

    def parts(self) -> Mapping[str, Tensor]:
        """See `Direction.parts`."""
        products = {
            f"weight.{name}": torch.einsum("or,r...->o...", up, down)
            for name, (down, up) in self.factors.items()
        }
        kept = {name: part for name, part in self.tensors()[0].items() if name[:2] not in _LOW}
        return kept | products

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        told = f"the weights of {len(self.weights) + len(self.factors)} layers"
        return told + (f", the styles of {len(self.styles)}" if self.styles else "")

    def of_rank(self, rank: int) -> Self:
        """Return the direction with the weights of 3 x 3 layers in factors of a rank at most.

        The best of that rank in the mean squared difference of the weights: their largest singular
        values (Eckart and Young 1936). A layer that takes no fewer numbers so stays as it is.

        Raises:
            UsageError: The rank is not positive.
        """
        if rank < 1:
            raise UsageError(f"--rank is {rank}; expected 1 or more")
        dense, low = dict[str, Tensor](), dict(self.factors)
        for name, part in self.weights.items():
            outputs, inside = part.shape[0], part[0].numel()
            if rank * (outputs + inside) >= outputs * inside:
                dense[name] = part
                continue
            u, s, vh = torch.linalg.svd(part.detach().flatten(1).double(), full_matrices=False)
            down = (s[:rank, None].sqrt() * vh[:rank]).view(-1, *part.shape[1:])
            low[name] = down.to(part.dtype), (u[:, :rank] * s[:rank].sqrt()).to(part.dtype)
        return type(self)(dense, low, self.styles, info=self.info)


_LOW = ("do", "up")


def _axes(part: Tensor, count: int) -> Tensor:
    if part.ndim != count:
        raise ValueError(f"a part has shape {tuple(part.shape)}; expected {count} axes")
    return part


def _factors(tensors: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    down, up = _axes(tensors[f"down.{name}"], 4), _axes(tensors[f"up.{name}"], 2)
    if len(down) != up.shape[1]:
        raise ValueError(f"factors {tuple(down.shape)} and {tuple(up.shape)} make no weight")
    return down, up


def _style(tensors: Mapping[str, Tensor], name: str, row: object) -> StyleShift:
    weight, bias = _axes(tensors[f"style.{name}"], 2), _axes(tensors[f"bias.{name}"], 1)
    if not isinstance(row, int) or len(weight) != len(bias):
        raise ValueError(f"the styles of {name} are {tuple(weight.shape)} and {tuple(bias.shape)}")
    return StyleShift(row, weight, bias)
