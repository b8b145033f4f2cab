"""Directions in parameter space: an offset of one convolution's weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from dynode.direction.base import Direction, check_finite
from dynode.errors import GeneratorMismatchError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset


@dataclass(frozen=True, eq=False)
class WeightDirection(Direction):
    """An offset of one convolution's weight (parameter space).

    Attributes:
        layer: Name of the convolution.
        delta: (out, in, kh, kw), in the scale of the stored weight.
        factors: What is stored instead of `delta`, their product (see `dynode.direction.weight_basis`).
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

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
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
