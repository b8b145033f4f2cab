"""Mappers: a network that gives each code its own offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from dynode.direction.base import Direction, check_finite, is_moved
from dynode.direction.networks import RowMapper
from dynode.errors import GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False)
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

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
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
