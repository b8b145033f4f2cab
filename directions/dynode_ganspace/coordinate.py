"""Directions that set a coordinate of the codes instead of moving by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo, check_finite
from dynode.errors import DirectionFileError, GeneratorMismatchError
from dynode.generator import GeneratorInfo
from dynode.latents import Latents

SPACE = "ganspace-coordinate"


@dataclass(frozen=True, eq=False)
class CoordinateDirection(Direction):
    """A component whose coordinate an edit sets: two codes end at the same place along it.

    With c the component, m the mean and s the strength times the scale of `info`, every row that is
    named gets `w + (s - t) c`, where `t = <w[0] - m, c> / <c, c>` is read off row 0. Strength 0 leaves
    codes as they are, as with any direction; the mean itself is set by a strength beside 0, such as 1e-6.

    Attributes:
        delta: (w_dim,), the component.
        mean: (w_dim,), where coordinates are counted from.
        rows: Rows that are moved, as booleans (num_layers,); None for all.

    Source:
        The GANSpace edits of Tov et al. 2021, e4e, arXiv:2102.02766, which read the coordinate off
        row 0 of W+ too. Deviations: components need not have unit length (with it, nothing differs);
        strength 0 is no edit.
    """

    space: ClassVar[str] = SPACE
    delta: Tensor
    mean: Tensor
    rows: Tensor | None = None

    def __post_init__(self) -> None:
        check_finite(self.delta, self.info.name)
        check_finite(self.mean, self.info.name)
        if (
            self.delta.ndim != 1
            or self.mean.shape != self.delta.shape
            or not bool(self.delta.any())
        ):
            raise DirectionFileError(
                f"direction {self.info.name!r} has a component of shape {tuple(self.delta.shape)} and a "
                f"mean of {tuple(self.mean.shape)}; expected (w_dim,) both, and a component that is not "
                f"zero; import it again"
            )

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """See `Direction.move`."""
        component, mean = self.delta.to(latents.w), self.mean.to(latents.w)
        found = (latents.w[:, 0] - mean) @ component / component.square().sum()
        offset = (amounts - found)[:, None, None] * component
        moves = (amounts != 0) | amounts.requires_grad
        touched = moves[:, None, None] & self._named(latents)
        return latents.with_w(torch.where(touched, latents.w + offset, latents.w))

    def _named(self, latents: Latents) -> Tensor:
        """Say which rows are set, (rows, 1)."""
        if self.rows is None:
            return torch.ones(latents.w.shape[1], 1, dtype=torch.bool, device=latents.device)
        return self.rows.to(latents.device)[:, None]

    def along(self, latents: Latents, progress: Tensor, strength: float = 1.0) -> Latents:
        """Go straight from the picture's own coordinate to the one that is set; see `Direction.along`."""
        aim = self.apply(latents, strength).w
        share = progress.to(latents.w)[:, None, None]
        return latents[[0] * len(progress)].with_w(
            torch.where(share == 0, latents.w, torch.lerp(latents.w, aim, share))
        )

    def on_rows(self, rows: Tensor) -> Self:
        """See `Direction.on_rows`."""
        return type(self)(self.delta, self.mean, rows, info=self.info)

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        rows = info.num_layers if self.rows is None else len(self.rows)
        if len(self.delta) != info.w_dim or rows != info.num_layers:
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} has {rows} rows of width {len(self.delta)}, generator "
                f"{info.name} has {info.num_layers} of {info.w_dim}; find it again for this generator"
            )

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        rows = {} if self.rows is None else {"rows": self.rows}
        return {"delta": self.delta, "mean": self.mean} | rows, {}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        return cls(tensors["delta"], tensors["mean"], tensors.get("rows"), info=info)

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        some = "every row" if self.rows is None else f"{int(self.rows.sum())} rows"
        return f"{some} of W+, width {len(self.delta)}, to a coordinate that is set"
