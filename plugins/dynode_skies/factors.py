"""The named factors of a landscape, and the population they are drawn from."""

from __future__ import annotations

from torch import Tensor

from dynode_skies.factor_table import FACTOR_NAMES, FACTORS
from dynode_worlds.population import FACTOR_STD, Population

__all__ = [
    "FACTORS",
    "FACTOR_NAMES",
    "FACTOR_STD",
    "POPULATION",
    "factor_index",
    "population",
]

POPULATION = Population(
    FACTOR_NAMES,
    planted=(
        ("cloud_cover", "haze", 0.45),
        ("ridge_height", "snow", 0.40),
        ("night", "sun_height", -0.40),
        ("wind", "cloud_drift", 0.40),
    ),
    seed=20260,
)
"""Factors with what is planted on purpose: haze comes with clouds (0.45), snow with high mountains
(0.40), a low sun with the night (-0.40), and drifted clouds with the wind (0.40)."""


def factor_index(name: str) -> int:
    """Return the column of a named factor; see `Population.index`."""
    return POPULATION.index(name)


def population(z: Tensor) -> Tensor:
    """Map latent codes (n, z_dim) to the factors (n, F) of the landscape; see `Population.factors`."""
    return POPULATION.factors(z)
