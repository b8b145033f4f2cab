"""Directions in Z: exact before the mapping network, first-order behind it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dynode import ZDirection, load_direction
from dynode.errors import DirectionFileError, GeneratorMismatchError, UsageError
from dynode.generator.population import draw_population, draw_z
from dynode.testing import tiny_generator


def unit(width: int = 64) -> torch.Tensor:
    vector = torch.randn(width, generator=torch.Generator().manual_seed(3))
    return vector / vector.norm()


def test_normal_vectors_move_by_strength_times_scale() -> None:
    z = torch.randn(3, 64)
    direction = ZDirection(unit()).with_info(scale=2.0)

    moved = direction.apply_z(z, torch.tensor([0.0, 1.0, -0.5]))

    assert torch.equal(moved[0], z[0])
    assert torch.allclose(moved[1], z[1] + 2 * unit())
    assert torch.allclose(moved[2], z[2] - unit())


def test_codes_remember_no_z_and_the_error_says_what_to_do() -> None:
    generator = tiny_generator()

    with pytest.raises(UsageError, match="'dynode directions map'"):
        ZDirection(unit()).apply(generator.sample(1, seed=0), 1.0)


def test_strength_zero_returns_the_codes_even_so() -> None:
    latents = tiny_generator().sample(1, seed=0)

    assert ZDirection(unit()).apply(latents, 0.0) is latents


def test_carried_to_w_it_is_the_mean_derivative_of_the_mapping() -> None:
    generator = tiny_generator().to(dtype=torch.float64)
    direction = ZDirection(unit().double())
    z = draw_z(generator.info, 1024, seed=0).double()

    carried = direction.to_w(generator, step=1e-4)

    _, slopes = torch.autograd.functional.jvp(
        lambda points: generator.map(points).w[:, 0], z, direction.delta.expand_as(z)
    )
    # A central difference of step 1e-4 through a piecewise smooth map: kinks that a z steps
    # over, about one in 1e4, shift the mean.
    assert torch.allclose(
        carried.delta, slopes.mean(0), atol=1e-3 * float(slopes.norm(dim=1).mean())
    )
    assert carried.info.fingerprint == generator.info.fingerprint


def test_what_fits_codes_already_is_left_as_it_is() -> None:
    generator = tiny_generator()
    carried = ZDirection(unit()).ready_for(generator)

    assert carried.space == "w+"
    assert carried.ready_for(generator) is carried


def test_it_is_saved_and_loaded(tmp_path: object) -> None:
    path = f"{tmp_path}/z.safetensors"
    ZDirection(unit()).with_info(name="age", scale=0.5).save(path)

    loaded = load_direction(path)

    assert isinstance(loaded, ZDirection)
    assert torch.equal(loaded.delta, unit())
    assert (loaded.info.name, loaded.info.scale) == ("age", 0.5)


def test_another_width_is_refused() -> None:
    with pytest.raises(GeneratorMismatchError, match="has width 32 in Z, generator tiny has 64"):
        ZDirection(unit(32)).check(tiny_generator().info)


def test_a_matrix_is_refused() -> None:
    with pytest.raises(DirectionFileError, match=r"expected \(z_dim,\) in Z"):
        ZDirection(torch.ones(2, 64))


def test_a_population_is_what_the_generator_samples() -> None:
    generator = tiny_generator()

    population = draw_population(generator, 4, seed=7, truncation=0.7)

    assert torch.allclose(population.latents.w, generator.sample(4, seed=7).w)
    assert np.array_equal(
        population.z.numpy(), np.random.RandomState(7).randn(4, 64).astype(np.float32)
    )


def test_a_population_of_a_conditional_generator_keeps_its_labels() -> None:
    generator = tiny_generator(c_dim=3)

    population = draw_population(generator, 4, seed=7, truncation=0.7)

    assert torch.allclose(population.latents.w, generator.sample(4, seed=7).w)
    assert torch.allclose(population.remap(generator, population.z).w, population.latents.w)
