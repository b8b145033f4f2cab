"""The factors of facets and the population they come from."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from dynode_facets.factors import (
    FACTOR_NAMES,
    FACTOR_STD,
    FACTORS,
    POPULATION_CORRELATION,
    factor_index,
    population,
)


def _people(count: int, z_dim: int = 64) -> torch.Tensor:
    return population(torch.randn(count, z_dim, generator=torch.Generator().manual_seed(0)))


def test_factor_names_are_unique() -> None:
    assert len(set(FACTOR_NAMES)) == len(FACTORS)


@pytest.mark.parametrize("z_dim", [len(FACTORS), 64, 512])
def test_population_has_one_column_per_factor_for_any_wide_enough_z(z_dim: int) -> None:
    factors = _people(10, z_dim)

    assert factors.shape == (10, len(FACTORS))
    assert factors.abs().max() <= 1


def test_population_refuses_a_z_that_is_too_narrow() -> None:
    with pytest.raises(ValueError, match="5 dimensions.*at least"):
        population(torch.zeros(1, 5))


def test_population_is_uniform_on_every_factor() -> None:
    # Standard errors at 20,000 draws: 0.004 of the mean, 0.002 of the deviation.
    factors = _people(20_000)

    assert torch.allclose(factors.mean(0), torch.zeros(len(FACTORS)), atol=0.02)
    assert torch.allclose(factors.std(0), torch.full((len(FACTORS),), FACTOR_STD), atol=0.01)


def test_population_correlates_as_planted_and_no_more() -> None:
    # Uniform marginals of a Gaussian with correlation r correlate by 6/pi asin(r/2).
    expected = 6 / math.pi * np.arcsin(POPULATION_CORRELATION / 2)

    found = np.corrcoef(_people(20_000).T.numpy())

    # Standard error of a correlation at 20,000 draws: 0.007; 253 pairs are compared.
    assert np.abs(found - expected).max() < 0.035


def test_population_depends_on_each_row_alone() -> None:
    z = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))

    # float32 matrix products of different sizes round differently.
    assert torch.allclose(population(z)[2:3], population(z[2:3]), atol=1e-6)


def test_population_of_a_known_code_never_changes() -> None:
    z = torch.linspace(-1, 1, 64, dtype=torch.float64)[None]

    factors = population(z)

    # Recorded once: a new projection would orphan every generator trained on facets.
    assert factors[0, :3].tolist() == pytest.approx(KNOWN, abs=1e-9)


def test_an_unknown_factor_is_answered_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="'freckles'.*yaw"):
        factor_index("freckles")


KNOWN = [0.042914880622, -0.850441394609, -0.144076441531]
