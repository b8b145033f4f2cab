"""Mappers over style vectors: a network that reads a picture's styles and moves them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.base import Direction, check_finite
from dynode.direction.info import DirectionInfo
from dynode.direction.networks import StyleMapper
from dynode.errors import GeneratorMismatchError, UsageError
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents

ReadStyles = Callable[[Latents], Mapping[str, Tensor]]


@dataclass(frozen=True, eq=False, repr=False)
class StyleMapperDirection(Direction):
    """A network that maps the style vectors of each picture to their offsets.

    Codes do not tell their styles without the generator, so it is bound to one before it is
    applied: `dynode edit` does so, and `ready_for` in Python.

    Attributes:
        mapper: Network from styles to unscaled offsets.
        scale: Factor of its output at strength 1; 0.1 for published mappers.
        styles: Reads the styles of latents; None until it is bound to a generator.
    """

    space: ClassVar[str] = "style-mapper"
    mapper: StyleMapper
    scale: float = 0.1
    styles: ReadStyles | None = None

    def __post_init__(self) -> None:
        for part in (torch.tensor(self.scale), *self.mapper.parameters()):
            check_finite(part, self.info.name)

    def ready_for(self, generator: Generator) -> StyleMapperDirection:
        """Return the same direction, able to read the styles of this generator's codes.

        Raises:
            GeneratorMismatchError: It does not fit the generator.
        """
        self.check_shape(generator.info)
        return dataclasses.replace(self, styles=generator.styles)

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """See `Direction.move`.

        Raises:
            UsageError: It is bound to no generator.
        """
        if self.styles is None:
            raise UsageError(
                f"direction {self.info.name!r} reads style vectors, which codes alone do not tell; bind "
                f"it to a generator first: direction.ready_for(generator)"
            )
        given = {name: part.to(latents.w) for name, part in self.styles(latents).items()}
        # Converted copies: `mapper.to` would change the type of the mapper everybody shares.
        weights = {k: v.to(latents.w) for k, v in self.mapper.state_dict(keep_vars=True).items()}
        offsets = torch.func.functional_call(self.mapper, weights, (given,))
        column = (self.scale * amounts)[:, None]
        moved = (amounts != 0)[:, None] | amounts.requires_grad
        return latents.add_styles(
            {name: torch.where(moved, column * part, 0.0) for name, part in offsets.items()}
        )

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        for name, width in self.mapper.channels.items():
            if info.style_channels.get(name) != width:
                raise GeneratorMismatchError(
                    f"mapper {self.info.name!r} takes {width} style channels of layer {name}, generator "
                    f"{info.name} has {info.style_channels.get(name, 'no such layer')}; train it again "
                    f"for this generator"
                )

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        layers = [list(pair) for pair in self.mapper.channels.items()]
        description = {"layers": layers, "depth": self.mapper.depth, "scale": self.scale}
        return dict(self.mapper.state_dict()), description

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        if len(description["layers"]) > len(tensors):
            raise ValueError(f"{len(description['layers'])} layers have {len(tensors)} tensors")
        channels = {str(name): int(width) for name, width in description["layers"]}
        mapper = StyleMapper(channels, depth=int(description["depth"]), state=tensors)
        return cls(mapper, float(description["scale"]), info=info)

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        channels = self.mapper.channels
        return (
            f"{sum(channels.values())} style channels in {len(channels)} layers, each picture its own "
            f"way"
        )
