"""The factors of a small world, and the population they are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

FACTOR_STD = 3**-0.5
"""Standard deviation of every factor in a population: uniform on [-1, 1]."""


@dataclass(frozen=True)
class Population:
    """What the latent codes of a world stand for.

    Attributes:
        names: The factors.
        planted: Correlations (first, second, value) of the normal scores behind the factors.
        seed: Seed of the fixed projection from z to factors; part of the definition.
    """

    names: tuple[str, ...]
    planted: tuple[tuple[str, str, float], ...]
    seed: int

    def index(self, name: str) -> int:
        """Return the column of a named factor.

        Raises:
            KeyError: no factor has this name; the message lists those that exist.
        """
        if name not in self.names:
            raise KeyError(f"no factor is named {name!r}; choose one of {', '.join(self.names)}")
        return self.names.index(name)

    @property
    def correlation(self) -> np.ndarray:
        """Correlation (F, F) of the normal scores, read-only: identity except for what is planted.

        The factors themselves, after the normal CDF, correlate by 6/pi * asin(r/2), slightly less.
        """
        return _correlation(self)

    def factors(self, z: Tensor) -> Tensor:
        """Map latent codes to the factors of the picture they stand for.

        A fixed orthonormal projection, the planted correlation, then the normal
        CDF, so every factor is uniform on [-1, 1] when z is standard normal.

        Args:
            z: Standard normal codes, shape (n, z_dim), z_dim at least the number
                of factors. The map depends on z_dim but on nothing else.

        Returns:
            Factors, shape (n, F), in [-1, 1], same dtype and device as `z`.

        Raises:
            ValueError: z_dim is smaller than the number of factors.
        """
        mixing = torch.as_tensor(_mixing(self, z.shape[1]), dtype=z.dtype, device=z.device)
        return torch.erf((z @ mixing) / 2**0.5)


@lru_cache(maxsize=4)
def _correlation(people: Population) -> np.ndarray:
    matrix = np.eye(len(people.names))
    for first, second, value in people.planted:
        i, j = people.index(first), people.index(second)
        matrix[i, j] = matrix[j, i] = value
    matrix.flags.writeable = False
    return matrix


@lru_cache(maxsize=8)
def _mixing(people: Population, z_dim: int) -> np.ndarray:
    """Return the (z_dim, F) matrix that turns z into correlated normal scores."""
    count = len(people.names)
    if z_dim < count:
        raise ValueError(
            f"z has {z_dim} dimensions, the population needs at least {count}, one per factor; "
            f"draw z of shape (n, {count}) or wider"
        )
    draw = np.random.RandomState(people.seed).standard_normal((z_dim, count))
    basis, triangle = np.linalg.qr(draw)
    basis = basis * np.sign(np.diag(triangle))
    return basis @ np.linalg.cholesky(people.correlation).T
