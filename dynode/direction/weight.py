"""Directions in parameter space: an offset of one convolution's weight."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.base import Direction, check_finite
from dynode.direction.info import DirectionInfo
from dynode.direction.weight_basis import multiply_factors
from dynode.errors import GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset

_MOST_NUMBERS = 2**26
"""Largest weight that factors may stand for, 256 MiB; those of published generators have 2.4 million."""


@dataclass(frozen=True, eq=False, repr=False)
class WeightDirection(Direction):
    """An offset of one convolution's weight (parameter space).

    Attributes:
        layer: Name of the convolution.
        delta: (out, in, kh, kw), in the scale of the stored weight.
        factors: What is stored instead of `delta`, their product (see `multiply_factors`).
    """

    space: ClassVar[str] = "weights"
    layer: str
    delta: Tensor
    factors: tuple[Tensor, Tensor] | None = None
    _bases: dict[tuple[torch.device, torch.dtype], Tensor] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        check_finite(self.delta, self.info.name)

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """See `Direction.move`."""
        return latents.add_weights(
            WeightOffset(self.layer, self._basis_for(latents.w), amounts[:, None])
        )

    def _basis_for(self, w: Tensor) -> Tensor:
        """Give (1, out, in, kh, kw) like `w`: the same tensor each time, so that offsets merge."""
        key = (w.device, w.dtype)
        if self.delta.requires_grad:
            return self.delta[None].to(w)
        if key not in self._bases:
            with torch.inference_mode(False):  # kept for renders that want gradients
                self._bases[key] = self.delta[None].to(w)
        return self._bases[key]

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        wanted = info.conv_layers.get(self.layer)
        if wanted is None or tuple(wanted) != tuple(self.delta.shape):
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} moves {self.layer} by a {tuple(self.delta.shape)} weight, "
                f"generator {info.name} has {wanted or 'no such layer'}; find it again for this generator"
            )

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        if self.factors is None:
            return {"delta": self.delta}, {"layer": self.layer}
        left, right = self.factors
        shape = list(self.delta.shape)
        return {"left": left, "right": right}, {"layer": self.layer, "shape": shape}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`; factors that stand for more than 2^26 numbers are refused."""
        if "left" not in tensors:
            return cls(description["layer"], tensors["delta"], info=info)
        factors, shape = (tensors["left"], tensors["right"]), description["shape"]
        _check_factors(*factors, shape)
        return cls(description["layer"], multiply_factors(*factors, shape), factors, info=info)

    def parts(self) -> Mapping[str, Tensor]:
        """See `Direction.parts`."""
        return {"": self.delta}

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        return f"the weight of {self.layer}, {tuple(self.delta.shape)}"


def _check_factors(left: Tensor, right: Tensor, shape: list[int]) -> None:
    """Refuse factors that do not bear out the shape, before they are multiplied."""
    if len(shape) != 4 or not all(isinstance(size, int) and 0 < size < 2**31 for size in shape):
        raise ValueError(f"its weight has the shape {str(shape)[:60]}")
    outputs, inputs, height, width = shape
    rank = left.shape[1] if left.ndim == 2 else 0
    wanted = (height * width * inputs, rank), (rank, outputs)
    if (tuple(left.shape), tuple(right.shape)) != wanted:
        raise ValueError(
            f"factors {tuple(left.shape)} and {tuple(right.shape)} do not make a weight {tuple(shape)}"
        )
    if math.prod(shape) > _MOST_NUMBERS:
        raise ValueError(
            f"its factors make {math.prod(shape):,} numbers; expected {_MOST_NUMBERS:,} at most"
        )
