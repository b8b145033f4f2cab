"""Directions in W and W+: a vector that is added to the codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from dynode.direction.base import Direction, check_finite, is_moved
from dynode.errors import DirectionFileError, GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False)
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

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
        delta = self.delta.to(latents.w)
        if self.rows is not None:
            delta = delta * self.rows.to(latents.w)[:, None]
        moved = latents.w + amounts.reshape(-1, 1, 1) * delta
        touched = is_moved(amounts) & ((delta != 0) | delta.requires_grad)
        return latents.with_w(torch.where(touched, moved, latents.w))

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
