"""The renderer's world as benchmarks ask for it: factors, the pictures of them, and their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode_facets.code_clips import factors_at
from dynode_facets.factors import population
from dynode_facets.render import render
from dynode_facets.w_space import code_of

if TYPE_CHECKING:
    from dynode.generator import GeneratorInfo

_Z_DIM = 512
_AT_ONCE = 32


@dataclass(frozen=True)
class FacetsTruth:
    """The world of a generator that draws from codes which are affine in the factors.

    Attributes:
        resolution: Side of its pictures in pixels.
        w_dim: Width of its codes.
        fps: Frames a second of clips.
    """

    resolution: int
    w_dim: int
    fps: float = 25.0

    @classmethod
    def behind(cls, info: GeneratorInfo) -> FacetsTruth | None:
        """Return it for the bundled weights alone: other generators of the world have codes of their own."""
        from dynode_facets.bundled import load_generator

        if info.fingerprint != load_generator("cpu").info.fingerprint:
            return None
        return cls(info.resolution[0], info.w_dim)

    def people(self, count: int, *, seed: int) -> Tensor:
        """See `dynode.plugins.Truth`."""
        return population(torch.randn(count, _Z_DIM, generator=torch.Generator().manual_seed(seed)))

    def draw(self, attributes: Tensor) -> Tensor:
        """See `dynode.plugins.Truth`."""
        return torch.cat([render(part, self.resolution) for part in attributes.split(_AT_ONCE)])

    def clips(self, count: int, times_s: Tensor, *, seed: int) -> Tensor:
        """See `dynode.plugins.Truth`."""
        return factors_at(times_s, count, seed)

    def codes(self, attributes: Tensor) -> Tensor:
        """See `dynode.plugins.Truth`."""
        return code_of(attributes, self.w_dim)
