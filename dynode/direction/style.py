"""Directions in StyleSpace: offsets of the style vectors of some layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

from torch import Tensor

from dynode.direction.base import Direction, check_finite
from dynode.direction.info import DirectionInfo
from dynode.errors import GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False, repr=False)
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

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """See `Direction.move`."""
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

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        layers = list(self.delta)
        return {f"delta.{name}": self.delta[name] for name in layers}, {"layers": layers}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        layers = description["layers"]
        if len(layers) > len(tensors):
            raise ValueError(f"{len(layers)} layers are named, {len(tensors)} are stored")
        return cls({name: tensors[f"delta.{name}"] for name in layers}, info=info)

    def parts(self) -> Mapping[str, Tensor]:
        """See `Direction.parts`."""
        return self.delta

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        channels = sum(int((part != 0).sum()) for part in self.delta.values())
        return f"{channels} style channels in {len(self.delta)} layers"

    def arrays(self, scale: float = 1.0) -> Mapping[str, Tensor]:
        """See `Direction.arrays`."""
        return {name: part if scale == 1 else part * scale for name, part in self.delta.items()}
