"""The code space of the bundled generator, and the mapping network that is written into it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode.stylegan2 import GeneratorConfig
from dynode.stylegan2.mapping import MappingNetwork
from dynode_facets.factors import FACTORS, population
from dynode_facets.w_space import code_of, factor_basis, factors_of
from dynode_facets.world import FACETS
from dynode_worlds.training.mapping import NUISANCE_STD, mapping_state


def _factors(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, len(FACTORS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_codes_give_their_factors_back() -> None:
    factors = _factors(16).double()

    again = factors_of(code_of(factors))

    torch.testing.assert_close(again, factors)


def test_factors_move_w_in_orthogonal_directions() -> None:
    basis = factor_basis()

    products = basis.t() @ basis

    torch.testing.assert_close(products, torch.diag(products.diagonal()))


def test_codes_of_the_population_have_unit_variance_on_average() -> None:
    # Independent uniform factors: variance 1/3 each, so the trace of E E' / 3 is w_dim.
    assert float(factor_basis().square().sum()) / 3 == pytest.approx(512)


@pytest.fixture(scope="module")
def mapped() -> tuple[Tensor, Tensor]:
    """Z and the w the written mapping network gives, as stored in half precision."""
    config = GeneratorConfig(8, {4: 4, 8: 4}, mapping_layers=2)
    state = {
        key.removeprefix("mapping."): part for key, part in mapping_state(FACETS, config).items()
    }
    network = MappingNetwork(512, 0, 512, layers=2)
    network.load_state_dict({key: part.half().float() for key, part in state.items()})
    z = torch.randn(4000, 512, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return z, network(z)


def test_the_mapping_network_is_the_population(mapped: tuple[Tensor, Tensor]) -> None:
    z, w = mapped
    normalised = z * z.square().mean(1, keepdim=True).rsqrt()

    error = (factors_of(w) - population(normalised)).abs().max()

    # Sixteen straight pieces between -2.9 and 2.9: at most h^2 / 8 max|f''| = 0.009 with
    # f'' = 0.48, a spacing h of 0.387, and half precision on top.
    assert float(error) < 0.012


def test_w_is_on_the_straight_part_of_the_last_activation(mapped: tuple[Tensor, Tensor]) -> None:
    _, w = mapped

    # A few of two million coordinates may touch 0.
    assert float((w < 0).float().mean()) < 1e-5


def test_what_is_left_of_w_is_small_and_of_many_dimensions(mapped: tuple[Tensor, Tensor]) -> None:
    _, w = mapped

    rest = w - code_of(factors_of(w))

    # 4000 samples of 512 coordinates: the deviation is known to far better than 2 %.
    assert float(rest.std()) == pytest.approx(NUISANCE_STD, rel=0.02)
    assert int(torch.linalg.matrix_rank(rest, atol=0.1)) > 100


def test_a_mapping_network_too_narrow_for_the_factors_is_refused() -> None:
    config = GeneratorConfig(8, {4: 4, 8: 4}, w_dim=64, mapping_layers=2)

    with pytest.raises(ValueError, match="w has 64 coordinates"):
        mapping_state(FACETS, config)
