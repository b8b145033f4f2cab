"""Mappers: a network that gives each code its own offset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.base import Direction, check_finite, check_width, is_moved
from dynode.direction.info import DirectionInfo
from dynode.direction.networks import RowMapper
from dynode.errors import GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False, repr=False)
class MapperDirection(Direction):
    """A network that maps each code to its own offset; it is the edit that depends on the picture.

    Attributes:
        mapper: Network from codes to unscaled offsets.
        scale: Factor of its output at strength 1; 0.1 for published mappers.
    """

    space: ClassVar[str] = "mapper"
    mapper: RowMapper
    scale: float = 0.1

    def __post_init__(self) -> None:
        for part in (torch.tensor(self.scale), *self.mapper.parameters()):
            check_finite(part, self.info.name)

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """See `Direction.move`."""
        check_width(latents, self, self.mapper.width)
        # Converted copies: `mapper.to` would change the type of the mapper everybody shares.
        weights = {k: v.to(latents.w) for k, v in self.mapper.state_dict(keep_vars=True).items()}
        offset = torch.func.functional_call(self.mapper, weights, (latents.w,))
        moved = latents.w + (self.scale * amounts).reshape(-1, 1, 1) * offset
        return latents.with_w(torch.where(is_moved(amounts), moved, latents.w))

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        last_row = max((end for _, end in self.mapper.groups), default=0)
        if self.mapper.width != info.w_dim or last_row > info.num_layers:
            raise GeneratorMismatchError(
                f"mapper {self.info.name!r} takes {last_row} rows of width {self.mapper.width}, generator "
                f"{info.name} has {info.num_layers} of {info.w_dim}; train it again for this generator"
            )

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        mapper = self.mapper
        return dict(mapper.state_dict()), {
            "groups": mapper.groups,
            "width": mapper.width,
            "depth": mapper.depth,
            "normalize_rows": mapper.normalize_rows,
            "scale": self.scale,
        }

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        mapper = RowMapper(
            description["groups"],
            int(description["width"]),
            depth=int(description["depth"]),
            normalize_rows=bool(description["normalize_rows"]),
            state=tensors,
        )
        return cls(mapper, float(description["scale"]), info=info)

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        rows = {row for first, end in self.mapper.groups for row in range(first, end)}
        return f"{len(rows)} rows of W+, each code by its own offset"
