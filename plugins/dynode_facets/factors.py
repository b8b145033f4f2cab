"""The named factors of a facets portrait, and the population they are drawn from."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from dynode_facets.factor_table import FACTOR_NAMES, FACTORS
from dynode_worlds.population import FACTOR_STD, Population

__all__ = [
    "FACTORS",
    "FACTOR_NAMES",
    "FACTOR_STD",
    "POPULATION",
    "POPULATION_CORRELATION",
    "factor_index",
    "population",
]

POPULATION = Population(
    FACTOR_NAMES,
    planted=(
        ("age", "glasses", 0.45),
        ("age", "hair_lightness", 0.40),
        ("beard", "hair_length", -0.50),
        ("smile", "mouth_open", 0.40),
    ),
    seed=20240,
)

POPULATION_CORRELATION: np.ndarray = POPULATION.correlation
"""Correlation (F, F) of the Gaussian scores behind the factors, read-only.

Identity except for what the population plants on purpose, so that a direction
method can be caught following a correlation: age with glasses (0.45) and with
light hair (0.40), beard against long hair (-0.50), smile with an open mouth
(0.40). The factors themselves, after the normal CDF, correlate by
6/pi * asin(r/2), slightly less.
"""


def factor_index(name: str) -> int:
    """Return the column of a named factor; see `Population.index`."""
    return POPULATION.index(name)


def population(z: Tensor) -> Tensor:
    """Map latent codes (n, z_dim) to the factors (n, F) of the portrait; see `Population.factors`."""
    return POPULATION.factors(z)
