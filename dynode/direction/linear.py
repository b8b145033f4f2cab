"""Directions in W and W+: a vector that is added to the codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.arrays import as_published
from dynode.direction.base import Direction, check_finite, check_width, is_moved
from dynode.direction.info import DirectionInfo
from dynode.errors import DirectionFileError, GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False, repr=False)
class LinearDirection(Direction):
    """A vector in W or W+ that is added to the codes.

    Attributes:
        delta: (w_dim,) for the same offset in every row, or (num_layers, w_dim).
        rows: Rows that are moved, as booleans (num_layers,); None for all.
    """

    space: ClassVar[str] = "w+"
    delta: Tensor
    rows: Tensor | None = None

    def __post_init__(self) -> None:
        check_finite(self.delta, self.info.name)
        if self.delta.ndim not in (1, 2):
            raise DirectionFileError(
                f"direction {self.info.name!r} has shape {tuple(self.delta.shape)}; expected (w_dim,) "
                f"or (num_layers, w_dim); reshape it before saving"
            )

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """See `Direction.move`."""
        rows = len(self.delta) if self.delta.ndim == 2 else None
        check_width(latents, self, self.delta.shape[-1], rows)
        delta = self.delta.to(latents.w)
        if self.rows is not None:
            delta = delta * self.rows.to(latents.w)[:, None]
        moved = latents.w + amounts.reshape(-1, 1, 1) * delta
        touched = is_moved(amounts) & ((delta != 0) | delta.requires_grad)
        return latents.with_w(torch.where(touched, moved, latents.w))

    def on_rows(self, rows: Tensor) -> LinearDirection:
        """See `Direction.on_rows`."""
        return LinearDirection(self.delta, rows, info=self.info)

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        wanted = (info.num_layers, info.w_dim)
        shape = tuple(self.delta.shape)
        rows = self.rows if self.rows is not None else torch.ones(info.num_layers)
        if shape not in ((info.w_dim,), wanted) or len(rows) != info.num_layers:
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} has shape {shape}, generator {info.name} has "
                f"{info.num_layers} rows of width {info.w_dim}; find it again for this generator"
            )

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        return {"delta": self.delta} | ({} if self.rows is None else {"rows": self.rows}), {}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        return cls(tensors["delta"], tensors.get("rows"), info=info)

    def parts(self) -> Mapping[str, Tensor]:
        """See `Direction.parts`."""
        return {"": self.delta}

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        shape = tuple(self.delta.shape)
        if len(shape) == 2:
            return f"{shape[0]} rows of W+ of width {shape[1]}, each its own way"
        some = "every row" if self.rows is None else f"{int(self.rows.sum())} rows"
        return f"{some} of W+, width {shape[0]}"

    def arrays(self, scale: float = 1.0) -> Tensor:
        """See `Direction.arrays`; rows that are not moved are zero."""
        if self.rows is None:
            return as_published(self.delta, self.info, scale)
        every = self.delta if self.delta.ndim == 2 else self.delta.expand(len(self.rows), -1)
        return as_published(every * self.rows.to(every)[:, None], self.info, scale)
