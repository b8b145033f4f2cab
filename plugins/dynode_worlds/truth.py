"""A renderer's world as benchmarks ask for it: factors, the pictures of them, and their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode_worlds.world import World

if TYPE_CHECKING:
    from dynode.generator import GeneratorInfo

_Z_DIM = 512
_AT_ONCE = 32


@dataclass(frozen=True)
class WorldTruth:
    """The world of a generator that draws from codes which are affine in the factors.

    Attributes:
        world: The world.
        resolution: Side of its pictures in pixels.
        w_dim: Width of its codes.
        fps: Frames a second of clips.
    """

    world: World
    resolution: int
    w_dim: int
    fps: float = 25.0

    @classmethod
    def behind(cls, world: World, info: GeneratorInfo) -> WorldTruth | None:
        """Return it for the bundled weights alone: other generators of the world have codes of their own."""
        if info.fingerprint != world.load_generator("cpu").info.fingerprint:
            return None
        return cls(world, info.resolution[0], info.w_dim)

    def people(self, count: int, *, seed: int) -> Tensor:
        """See `dynode.plugins.Truth`."""
        z = torch.randn(count, _Z_DIM, generator=torch.Generator().manual_seed(seed))
        return self.world.population.factors(z)

    def draw(self, attributes: Tensor) -> Tensor:
        """See `dynode.plugins.Truth`."""
        return torch.cat(
            [self.world.render(part, self.resolution) for part in attributes.split(_AT_ONCE)]
        )

    def clips(self, count: int, times_s: Tensor, *, seed: int) -> Tensor:
        """See `dynode.plugins.Truth`."""
        return self.world.moving(times_s, count, seed=seed)

    def codes(self, attributes: Tensor) -> Tensor:
        """See `dynode.plugins.Truth`."""
        return self.world.codes.code_of(attributes, self.w_dim)
