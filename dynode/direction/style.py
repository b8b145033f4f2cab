"""Directions in StyleSpace: offsets of the style vectors of some layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from torch import Tensor

from dynode.direction.base import Direction, check_finite
from dynode.errors import GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False)
class StyleDirection(Direction):
    """Offsets of style vectors (StyleSpace).

    Attributes:
        delta: Offset (channels,) by layer name.
    """

    space: ClassVar[str] = "s"
    delta: Mapping[str, Tensor]

    def __post_init__(self) -> None:
        for part in self.delta.values():
            check_finite(part, self.info.name)
        object.__setattr__(self, "delta", MappingProxyType(dict(self.delta)))

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
        column = amounts[:, None]
        return latents.add_styles(
            {name: column * part.to(latents.w) for name, part in self.delta.items()}
        )

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        for name, part in self.delta.items():
            if tuple(part.shape) != (info.style_channels.get(name),):
                raise GeneratorMismatchError(
                    f"direction {self.info.name!r} moves {part.numel()} style channels of layer {name}, "
                    f"generator {info.name} has {info.style_channels.get(name, 'no such layer')}; "
                    f"find it again for this generator"
                )
