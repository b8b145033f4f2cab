"""The bundled generator of landscapes, and the ready directions that are the world's own axes."""

from __future__ import annotations

import pytest
import torch

import dynode
from dynode.direction import load_direction
from dynode.generator import Generator
from dynode_skies.bundled import load_generator
from dynode_skies.factors import FACTOR_NAMES, FACTOR_STD, population
from dynode_skies.plugin import SkiesGenerator
from dynode_skies.render import render
from dynode_skies.training.directions import LIBRARY, DirectionsRecipe, axis, write_library
from dynode_skies.w_space import factors_of


@pytest.fixture(scope="module")
def generator() -> Generator:
    return load_generator("cpu")


def test_it_draws_the_population(generator: Generator) -> None:
    z = torch.randn(16, 512, generator=torch.Generator().manual_seed(7))

    with torch.inference_mode():
        images = generator.synthesize(generator.map(z)).clamp(-1, 1)

    error = (images - render(population(z), 128)).square().mean((1, 2, 3))
    # 32.1 over 512 landscapes, with a deviation of about 2 from one to the next.
    assert float((10 * torch.log10(4 / error)).mean()) > 30


@pytest.mark.installed_plugins
@pytest.mark.parametrize("name", ["skies-128", "skies"])
def test_it_is_loaded_by_its_name_and_by_what_it_draws(name: str, generator: Generator) -> None:
    assert dynode.load_generator(name).info.fingerprint == generator.info.fingerprint


@pytest.mark.parametrize("ready", LIBRARY, ids=lambda ready: ready.name)
def test_a_ready_direction_moves_its_factor_alone(ready, generator: Generator) -> None:
    direction = load_direction(SkiesGenerator.directions / f"{ready.name}.safetensors")
    latents = generator.sample(4, seed=1)

    moved = factors_of(direction.apply(latents, 1.0).w[:, 0]) - factors_of(latents.w[:, 0])

    wanted = torch.zeros(len(FACTOR_NAMES))
    wanted[FACTOR_NAMES.index(ready.factor)] = FACTOR_STD * (-1 if ready.is_lowering else 1)
    # float32 codes of length 20, read by a least squares of 20 columns
    torch.testing.assert_close(moved, wanted.expand_as(moved), atol=1e-4, rtol=0)


def test_the_recipe_writes_them_again_and_leaves_those_that_are_there(tmp_path, generator) -> None:
    recipe = DirectionsRecipe(only=("night", "snow"))
    (tmp_path / "snow.safetensors").write_bytes(b"mine")

    write_library(tmp_path, recipe, generator=generator)

    assert (tmp_path / "snow.safetensors").read_bytes() == b"mine"
    night = next(ready for ready in LIBRARY if ready.name == "night")
    shipped = load_direction(SkiesGenerator.directions / "night.safetensors")
    for found in (load_direction(tmp_path / "night.safetensors"), axis(night, generator)):
        assert torch.equal(found.delta, shipped.delta)
        assert found.info.fingerprint == shipped.info.fingerprint == generator.info.fingerprint


def test_a_direction_that_is_none_of_the_library_is_refused(tmp_path, generator) -> None:
    with pytest.raises(dynode.DynodeError, match="no ready direction is called 'rain'"):
        write_library(tmp_path, DirectionsRecipe(only=("rain",)))
