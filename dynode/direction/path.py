"""Directions that know the way to their end, which may be curved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.info import DirectionInfo
from dynode.direction.linear import LinearDirection
from dynode.dynamics.trajectory_file import put_together, take_apart
from dynode.errors import DirectionFileError
from dynode.latents.latents import Latents

if TYPE_CHECKING:
    from dynode.dynamics.trajectory import Trajectory


_PREFIX = "path."
"""Stands before the names of the path's tensors in a file."""


@dataclass(frozen=True, eq=False, repr=False)
class PathDirection(LinearDirection):
    """A motion in W+: its end point as any linear direction, and the path that leads there.

    `apply` goes straight, as every linear direction does; `along` follows the path. Both agree at the
    beginning and at the end.

    Attributes:
        delta: (num_layers, w_dim), the offset at the end of the path.
        path: The motion over its progress from 0 to 1, as codes relative to any origin; only
            differences to its begin count.
    """

    key: ClassVar[str] = "path"
    path: Trajectory = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if tuple(self.delta.shape) != tuple(self.path.space.shape):
            raise DirectionFileError(
                f"direction {self.info.name!r} has shape {tuple(self.delta.shape)} and a path of shape "
                f"{tuple(self.path.space.shape)}; expected the same; make it again"
            )

    @staticmethod
    def of(path: Trajectory, info: DirectionInfo | None = None) -> PathDirection:
        """Make the direction of a motion; its end point is that of the path.

        Args:
            path: The motion over times from 0 to 1.
            info: Where it comes from.
        """
        (delta,) = _offsets(path, torch.ones(1))
        return PathDirection(delta, info=info or DirectionInfo(), path=path)

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        plain, _ = super().tensors()
        parts, path = take_apart(self.path, compact=True)
        return plain | {_PREFIX + name: part for name, part in parts.items()}, {"path": path}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        parts = {
            name.removeprefix(_PREFIX): part
            for name, part in tensors.items()
            if name.startswith(_PREFIX)
        }
        path = put_together(parts, description["path"], info.fingerprint)
        return cls(tensors["delta"], tensors.get("rows"), info=info, path=path)

    def along(self, latents: Latents, progress: Tensor, strength: float = 1.0) -> Latents:
        """Move one picture along the path.

        Args:
            latents: The picture, a batch of one.
            progress: (n,) how far along, 0 to 1; outside, straight on along `delta`.
            strength: Multiplies the offsets.

        Returns:
            n codes; where the progress is 0 they are the picture's, bit for bit.
        """
        offsets = self._offset_at(progress) * (strength * self.info.scale)
        codes = latents[[0] * len(progress)]
        offsets = offsets.to(codes.w)
        if self.rows is not None:
            offsets = offsets * self.rows.to(codes.w)[:, None]
        return codes.with_w(torch.where(offsets != 0, codes.w + offsets, codes.w))

    def _offset_at(self, progress: Tensor) -> Tensor:
        """Return the offsets (n, num_layers, w_dim) of any progress (n,)."""
        inside = progress.clamp(0, 1)
        offsets = _offsets(self.path, inside)
        beyond = (progress - inside).to(offsets).reshape(-1, 1, 1)
        return offsets + beyond * self.delta.to(offsets)


def _offsets(path: Trajectory, progress: Tensor) -> Tensor:
    """Return path(progress) - path(0), (n, num_layers, w_dim)."""
    times = torch.cat([progress.new_zeros(1), progress]).to(path.times)
    with torch.no_grad():
        codes = path.rollout(times, keep_residual=False).latents.w
    offsets = codes[1:] - codes[:1]
    return torch.where((progress == 0).to(codes.device).reshape(-1, 1, 1), 0.0, offsets)
