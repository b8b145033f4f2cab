"""Directions in Z: they move the normal vector the mapping network starts from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.arrays import as_published
from dynode.direction.base import Direction, check_finite
from dynode.direction.info import DirectionInfo
from dynode.direction.linear import LinearDirection
from dynode.errors import DirectionFileError, GeneratorMismatchError, UsageError
from dynode.generator.population import Population, draw_labels, draw_z
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False, repr=False)
class ZDirection(Direction):
    """A vector in Z. Codes remember no z, so it is applied before the mapping network.

    `apply_z` is the exact edit of pictures whose z is known. `to_w` makes the nearest linear
    direction for any code; `dynode edit` and `dynode directions map` do so.

    Attributes:
        delta: (z_dim,).
    """

    space: ClassVar[str] = "z"
    delta: Tensor

    def __post_init__(self) -> None:
        check_finite(self.delta, self.info.name)
        if self.delta.ndim != 1:
            raise DirectionFileError(
                f"direction {self.info.name!r} has shape {tuple(self.delta.shape)}; expected (z_dim,) in "
                f"Z; reshape it before saving"
            )

    def apply_z(self, z: Tensor, strength: float | Tensor = 1.0) -> Tensor:
        """Move normal vectors.

        Args:
            z: (n, z_dim).
            strength: Signed amount, scalar or (n,).

        Returns:
            New vectors for `Generator.map`, of the same type and device.
        """
        amounts = torch.as_tensor(strength, dtype=z.dtype, device=z.device).expand(len(z))
        return z + (amounts * self.info.scale)[:, None] * self.delta.to(z)

    def to_w(
        self, generator: Generator, *, samples: int = 1024, seed: int = 0, step: float = 0.5
    ) -> LinearDirection:
        """Carry the direction through the mapping network.

        The mean over drawn z of (map(z + step d) - map(z - step d)) / (2 step): the first-order
        edit of an average picture. What the mapping bends is lost; `apply_z` keeps it.

        Args:
            generator: Whose mapping network.
            samples: Number of z drawn.
            seed: Seed of the draw.
            step: Half the distance of the two points, in lengths of the stored offset.

        Raises:
            GeneratorMismatchError: It does not fit the generator.
        """
        self.check_shape(generator.info)
        z = draw_z(generator.info, samples, seed=seed).to(generator.device, generator.dtype)
        labels = draw_labels(generator.info, samples, seed=seed)
        delta = self.delta.to(z)
        with torch.inference_mode():
            ahead = generator.map(z + step * delta, c=labels).w
            behind = generator.map(z - step * delta, c=labels).w
            rows = (ahead - behind).mean(0) / (2 * step)
        mapped = rows[0] if bool((rows == rows[:1]).all()) else rows
        unit = f"{self.info.unit}, carried from Z to W"
        info = dataclasses.replace(
            self.info,
            unit=unit,
            fingerprint=generator.info.fingerprint,
            generator=generator.info.name,
        )
        return LinearDirection(mapped.cpu().clone(), info=info)

    def ready_for(self, generator: Generator) -> LinearDirection:
        """Return the direction carried to W; see `to_w`."""
        return self.to_w(generator)

    def move_population(
        self, population: Population, generator: Generator, strength: float
    ) -> Latents:
        """Move the normal vectors of the pictures, which is exact; see `Direction.move_population`."""
        return population.remap(generator, self.apply_z(population.z, strength))

    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """Refuse: codes remember no z.

        Raises:
            UsageError: Always.
        """
        raise UsageError(
            f"direction {self.info.name!r} moves z, and codes remember none; carry it to W with "
            f"'dynode directions map', or use apply_z before the mapping network"
        )

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        if tuple(self.delta.shape) != (info.z_dim,):
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} has width {len(self.delta)} in Z, generator {info.name} "
                f"has {info.z_dim}; find it again for this generator"
            )

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `Direction.tensors`."""
        return {"delta": self.delta}, {}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """See `Direction.from_tensors`."""
        return cls(tensors["delta"], info=info)

    def parts(self) -> Mapping[str, Tensor]:
        """See `Direction.parts`."""
        return {"": self.delta}

    @property
    def moves(self) -> str:
        """See `Direction.moves`."""
        return f"z of width {len(self.delta)}"

    def arrays(self, scale: float = 1.0) -> Tensor:
        """See `Direction.arrays`."""
        return as_published(self.delta, self.info, scale)
