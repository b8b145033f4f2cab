"""The named factors of a facets portrait, and the population they are drawn from."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from dynode_facets.factor_table import FACTOR_NAMES, FACTORS, Factor

__all__ = [
    "FACTORS",
    "FACTOR_NAMES",
    "FACTOR_STD",
    "POPULATION_CORRELATION",
    "PROJECTION_SEED",
    "Factor",
    "factor_index",
    "population",
]

PROJECTION_SEED = 20240
"""Seed of the fixed projection from z to factors; part of the definition of the population."""

FACTOR_STD = 3**-0.5
"""Standard deviation of every factor in the population: uniform on [-1, 1]."""


_PLANTED: dict[tuple[str, str], float] = {
    ("age", "glasses"): 0.45,
    ("age", "hair_lightness"): 0.40,
    ("beard", "hair_length"): -0.50,
    ("smile", "mouth_open"): 0.40,
}


def _correlation() -> np.ndarray:
    matrix = np.eye(len(FACTOR_NAMES))
    for (first, second), value in _PLANTED.items():
        i, j = FACTOR_NAMES.index(first), FACTOR_NAMES.index(second)
        matrix[i, j] = matrix[j, i] = value
    matrix.flags.writeable = False
    return matrix


POPULATION_CORRELATION: np.ndarray = _correlation()
"""Correlation (F, F) of the Gaussian scores behind the factors, read-only.

Identity except for what the population plants on purpose, so that a direction
method can be caught following a correlation: age with glasses (0.45) and with
light hair (0.40), beard against long hair (-0.50), smile with an open mouth
(0.40). The factors themselves, after the normal CDF, correlate by
6/pi * asin(r/2), slightly less.
"""


def factor_index(name: str) -> int:
    """Return the column of a named factor.

    Raises:
        KeyError: no factor has this name; the message lists those that exist.
    """
    if name not in FACTOR_NAMES:
        raise KeyError(f"no factor is named {name!r}; choose one of {', '.join(FACTOR_NAMES)}")
    return FACTOR_NAMES.index(name)


@lru_cache(maxsize=8)
def _mixing(z_dim: int) -> np.ndarray:
    """Return the (z_dim, F) matrix that turns z into correlated normal scores."""
    count = len(FACTORS)
    if z_dim < count:
        raise ValueError(
            f"z has {z_dim} dimensions, the population needs at least {count}, one per factor; "
            f"draw z of shape (n, {count}) or wider"
        )
    draw = np.random.RandomState(PROJECTION_SEED).standard_normal((z_dim, count))
    basis, triangle = np.linalg.qr(draw)
    basis = basis * np.sign(np.diag(triangle))
    return basis @ np.linalg.cholesky(POPULATION_CORRELATION).T


def population(z: Tensor) -> Tensor:
    """Map latent codes to the factors of the portrait they stand for.

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
    mixing = torch.as_tensor(_mixing(z.shape[1]), dtype=z.dtype, device=z.device)
    return torch.erf((z @ mixing) / 2**0.5)
