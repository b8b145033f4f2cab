"""GANSpace: principal components against an independent decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import dynode
from dynode import LinearDirection, plugins
from dynode.errors import DynodeError
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import PixelScorer, tiny_generator
from dynode_ganspace import plugin
from dynode_ganspace.decomposition import principal_components


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=8)


@pytest.fixture(autouse=True)
def _registered() -> None:
    plugins.registry().register(plugin, "dynode_ganspace")


def find(generator: StyleGAN2, **options: Any) -> list[LinearDirection]:
    found = dynode.find("ganspace", generator, **({"samples": 2000} | options))
    listed = found if isinstance(found, list) else [found]
    assert all(isinstance(direction, LinearDirection) for direction in listed)
    return listed  # type: ignore[return-value]


def test_the_components_are_those_of_scikit_learn(generator: StyleGAN2) -> None:
    from sklearn.decomposition import PCA

    z = np.random.RandomState(0).randn(2000, 16).astype(np.float32)
    codes = generator.map(torch.from_numpy(z)).w[:, 0].double().numpy()
    wanted = PCA().fit(codes)

    found = principal_components(generator, 2000, seed=0)

    cosines = np.abs((found.components.numpy() * wanted.components_).sum(1))
    assert cosines == pytest.approx(np.ones(16), abs=1e-6)
    assert found.mean.numpy() == pytest.approx(wanted.mean_, abs=1e-8)
    # scikit-learn divides by n - 1.
    deviations = wanted.singular_values_ / np.sqrt(2000)
    assert found.deviations.numpy() == pytest.approx(deviations, rel=1e-5)


def test_batches_do_not_show(generator: StyleGAN2, monkeypatch: pytest.MonkeyPatch) -> None:
    from dynode_ganspace import decomposition

    whole = principal_components(generator, 300, seed=0)
    monkeypatch.setattr(decomposition, "_BATCH", 64)
    pieces = principal_components(generator, 300, seed=0)

    assert torch.allclose(whole.components, pieces.components, atol=1e-5)  # float32 codes


def test_strength_one_is_one_deviation_of_the_component(generator: StyleGAN2) -> None:
    direction = find(generator, count=1)[0]

    along = generator.sample(4000, seed=3, truncation=1.0).w[:, 0] @ direction.delta

    # Two samples of 2000 and 4000: the deviation is known to about 2 %.
    assert direction.info.scale == pytest.approx(float(along.std()), rel=0.08)


def test_the_purest_component_of_an_attribute_comes_calibrated(generator: StyleGAN2) -> None:
    plugins.registry().scorers.add(PixelScorer(), "test")

    (direction,) = find(generator, attribute="warm", count=16)

    assert direction.info.calibration.attribute == "warm"
    assert direction.info.calibration.effect == pytest.approx(1.0, abs=0.021)  # it stops at 2 %


def test_one_component_can_be_asked_for(generator: StyleGAN2) -> None:
    every = find(generator, count=4)

    (third,) = find(generator, count=4, component=2)

    assert torch.equal(third.delta, every[2].delta)


def test_fewer_codes_than_components_are_an_error(generator: StyleGAN2) -> None:
    with pytest.raises(DynodeError, match="--samples is 5, --count 10; expected more codes"):
        find(generator, samples=5)


def test_components_that_set_count_from_the_mean_code(generator: StyleGAN2) -> None:
    found = dynode.find("ganspace", generator, samples=2000, count=2, set_coordinate=True)
    assert isinstance(found, list)
    codes = generator.sample(6, seed=5)
    mean = principal_components(generator, 2000, seed=0).mean

    moved = found[1].apply(codes, 1.0).w.double()

    component = find(generator, count=2)[1]
    reached = (moved - mean) @ component.delta.double()
    assert torch.allclose(reached, torch.tensor(component.info.scale).double(), atol=1e-5)
