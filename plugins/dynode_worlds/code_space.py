"""The code space of a world's generator: an affine picture of the factors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from dynode_worlds.population import FACTOR_STD

MEAN_STD = 5.0
"""Mean of each coordinate of w in its own standard deviations, so that w is positive."""

_SPREAD_RANGE = (0.75, 1.35)


@dataclass(frozen=True)
class CodeSpace:
    """How a world lays its factors into w.

    Attributes:
        names: The factors.
        by_effect: The same, from the one that changes the picture most (root mean square over
            pixels, at a step of 1) to the one that changes it least.
        seed: Seed of the directions the factors take.
    """

    names: tuple[str, ...]
    by_effect: tuple[str, ...]
    seed: int

    def basis(self, w_dim: int = 512) -> Tensor:
        """Return how w moves per unit of each factor.

        The columns are orthogonal, and of different lengths: a factor that changes
        more pixels moves w further, as in codes that were learned. On average over
        the coordinates the population has unit variance.

        Args:
            w_dim: Width of w, at least the number of factors.

        Returns:
            (w_dim, F) float64.
        """
        return torch.from_numpy(_basis(self, w_dim).copy())

    def mean(self, w_dim: int = 512) -> Tensor:
        """Return the code of the picture with all factors zero, (w_dim,) float64."""
        return MEAN_STD * FACTOR_STD * self.basis(w_dim).square().sum(1).sqrt()

    def code_of(self, factors: Tensor, w_dim: int = 512) -> Tensor:
        """Return the code w of given factors: w = mean + E f.

        Args:
            factors: (n, F) in [-1, 1].
            w_dim: Width of w.

        Returns:
            (n, w_dim), same dtype and device as `factors`.
        """
        return self.mean(w_dim).to(factors) + factors @ self.basis(w_dim).to(factors).t()

    def factors_of(self, codes: Tensor) -> Tensor:
        """Read the factors off codes; what `code_of` cannot have made is ignored.

        Args:
            codes: (..., w_dim).

        Returns:
            (..., F), same dtype and device as `codes`.
        """
        w_dim = codes.shape[-1]
        reading = torch.linalg.pinv(self.basis(w_dim)).to(codes)
        factors: Tensor = (codes - self.mean(w_dim).to(codes)) @ reading.t()
        return factors


@lru_cache(maxsize=8)
def _basis(space: CodeSpace, w_dim: int) -> np.ndarray:
    """Return E, shape (w_dim, F): column j is how w moves per unit of factor j."""
    count = len(space.names)
    draw = np.random.RandomState(space.seed).standard_normal((w_dim, count))
    columns, triangle = np.linalg.qr(draw)
    columns = columns * np.sign(np.diag(triangle))
    rank = np.array([space.by_effect.index(name) for name in space.names])
    low, high = _SPREAD_RANGE
    spread = high * (low / high) ** (rank / (count - 1))
    spread /= np.sqrt(np.mean(spread**2))
    basis: np.ndarray = columns * spread * np.sqrt(w_dim / count) / FACTOR_STD
    return basis
