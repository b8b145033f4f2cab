"""The affine map between codes and states."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dynode.dynamics.space import DynamicSpace


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.from_numpy(np.random.RandomState(1).randn(9, 3, 7)).float()


def test_a_space_of_full_rank_gives_the_codes_back(codes) -> None:
    space = DynamicSpace.of_clip(codes, rank=8, variance=1.0)

    # float32 through two products of width 21
    torch.testing.assert_close(space.decode(space.encode(codes)), codes, atol=1e-5, rtol=1e-5)


def test_the_components_are_those_of_a_singular_value_decomposition(codes) -> None:
    flat = codes.flatten(1).double().numpy()
    _, _, rows = np.linalg.svd(flat - flat.mean(0), full_matrices=False)

    space = DynamicSpace.of_clip(codes, rank=3, variance=1.0)
    assert space.basis is not None

    alike = np.abs(space.basis.double().numpy() @ rows[:3].T)  # signs are free
    np.testing.assert_allclose(alike, np.eye(3), atol=1e-5)


def test_states_have_unit_variance_over_the_clip(codes) -> None:
    states = DynamicSpace.of_clip(codes, rank=4, variance=1.0).encode(codes)

    torch.testing.assert_close(states.var(0), torch.ones(4), atol=1e-4, rtol=1e-4)


def test_a_component_that_hardly_moves_is_not_blown_up() -> None:
    motion = torch.tensor([[1.0, 1e-4], [-1.0, 1e-4], [1.0, -1e-4], [-1.0, -1e-4]])
    space = DynamicSpace.of_clip(motion[:, None], rank=2, variance=1.0)

    assert space.scale[1] >= 0.05 * space.scale[0]


def test_the_rank_is_the_smallest_that_explains_the_variance() -> None:
    deviations = torch.tensor([10.0, 3.0, 1.0, 0.1])
    codes = torch.from_numpy(np.random.RandomState(0).randn(400, 4)).float() * deviations

    ranks = [
        DynamicSpace.of_clip(codes[:, None], rank=4, variance=v).rank for v in (0.5, 0.95, 0.995)
    ]

    assert ranks == [1, 2, 3]  # of 110.01: 100, 9, 1 and 0.01


def test_the_residual_is_what_the_space_does_not_span(codes) -> None:
    space = DynamicSpace.of_clip(codes, rank=2, variance=1.0)

    residual = space.residual(codes)

    torch.testing.assert_close(space.encode_offset(residual), torch.zeros(9, 2), atol=1e-5, rtol=0)
    assert residual.norm() > 0.1


def test_a_clip_that_stands_still_has_one_component_and_no_motion() -> None:
    still = torch.ones(5, 2, 3)

    space = DynamicSpace.of_clip(still, rank=4, variance=0.999)

    assert space.rank == 1
    assert torch.equal(space.decode(space.encode(still)), still)


def test_the_identity_space_flattens_codes(codes) -> None:
    space = DynamicSpace.identity(codes)

    assert space.rank == 21
    assert torch.equal(space.encode(codes), codes.flatten(1))
    assert torch.equal(space.decode(space.encode(codes)), codes)
