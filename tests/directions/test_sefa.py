"""SeFa: the closed form against the raw weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
from dynode import LinearDirection, plugins
from dynode.errors import DynodeError
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import PixelScorer, tiny_generator
from dynode_sefa import plugin
from dynode_sefa.factors import closed_form, style_weights


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=8)


@pytest.fixture(autouse=True)
def _registered() -> None:
    plugins.registry().register(plugin, "dynode_sefa")


def find(generator: StyleGAN2, **options: Any) -> list[LinearDirection]:
    found = dynode.find("sefa", generator, **options)
    listed = found if isinstance(found, list) else [found]
    assert all(isinstance(direction, LinearDirection) for direction in listed)
    return listed  # type: ignore[return-value]


def published_factors(generator: StyleGAN2) -> torch.Tensor:
    """The published computation: stack the modulation weights, toRGB left out but for the first."""
    state = generator.network.state_dict()
    rows = [
        value
        for key, value in state.items()
        if key.endswith("affine.weight") and ("torgb" not in key or ".b4." in key)
    ]
    return torch.linalg.svd(torch.cat(rows).double(), full_matrices=False)[2].t()


def test_the_factors_are_the_published_ones(generator: StyleGAN2) -> None:
    wanted = published_factors(generator)

    directions = find(generator, count=16)

    for index, direction in enumerate(directions):
        cosine = float(direction.delta.double() @ wanted[:, index])
        assert abs(cosine) == pytest.approx(1.0, abs=1e-4)  # float32 styles, distinct values


def test_the_matrices_are_read_off_the_styles(generator: StyleGAN2) -> None:
    layer = "b8.conv1"
    raw = generator.network.state_dict()[f"synthesis.{layer}.affine.weight"].double()

    matrix = style_weights(generator, [layer])

    assert torch.allclose(matrix, raw / generator.info.w_dim**0.5, atol=1e-5)


def test_a_factor_is_what_a_power_iteration_finds() -> None:
    weights = torch.randn(50, 6, generator=torch.Generator().manual_seed(0)).double()
    vector = torch.ones(6).double()
    for _ in range(500):
        vector = weights.t() @ (weights @ vector)
        vector = vector / vector.norm()

    assert abs(float(closed_form(weights)[:, 0] @ vector)) == pytest.approx(1.0, abs=1e-9)


def test_normalised_channels_weigh_alike() -> None:
    weights = torch.tensor([[100.0, 0.0], [0.0, 1.0], [0.0, 1.0]]).double()

    assert abs(float(closed_form(weights)[0, 0])) == pytest.approx(1.0)
    assert abs(float(closed_form(weights, normalize=True)[1, 0])) == pytest.approx(1.0)


def test_chosen_rows_are_the_only_ones_that_move(generator: StyleGAN2) -> None:
    direction = find(generator, count=1, rows="1-2")[0]
    latents = generator.sample(2, seed=0)

    moved = direction.apply(latents, 3.0).w

    changed = (moved != latents.w).any(dim=(0, 2))
    assert changed.tolist() == [index in (1, 2) for index in range(len(changed))]


def test_strength_one_is_a_deviation_of_the_codes(generator: StyleGAN2) -> None:
    direction = find(generator, count=1)[0]

    along = generator.sample(4000, seed=3, truncation=1.0).w[:, 0] @ direction.delta

    # Two samples of 2048 and 4000: the deviation is known to about 2 %.
    assert direction.info.scale == pytest.approx(float(along.std()), rel=0.08)


def test_factors_are_named_by_what_they_do(generator: StyleGAN2) -> None:
    plugins.registry().scorers.add(PixelScorer(), "test")

    directions = find(generator, count=3)

    told = [direction.info.calibration for direction in directions]
    assert all(calibration.attribute in PixelScorer.attributes for calibration in told)
    strongest = max(directions, key=lambda d: abs(d.info.calibration.effect))
    assert strongest.info.calibration.attribute in strongest.info.name


def test_the_purest_factor_of_an_attribute_comes_calibrated(generator: StyleGAN2) -> None:
    plugins.registry().scorers.add(PixelScorer(), "test")

    (direction,) = find(generator, attribute="warm", count=16)

    assert direction.info.calibration.attribute == "warm"
    assert direction.info.calibration.effect == pytest.approx(1.0, abs=0.021)  # it stops at 2 %


def test_the_factors_can_be_written_and_imported_as_published(
    generator: StyleGAN2, tmp_path: Path
) -> None:
    from dynode.importing import import_directions

    directions = find(generator, count=16)
    factors = torch.stack([direction.delta for direction in directions], dim=1)
    torch.save({"ckpt": "tiny", "eigvec": factors}, tmp_path / "factor.pt")

    again = import_directions(tmp_path / "factor.pt")

    assert len(again) == 16
    assert all(torch.equal(a.delta, b.delta) for a, b in zip(again, directions, strict=True))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": "9"}, "--rows is '9'; expected rows from 0 to 5"),
        ({"rows": "3-1"}, "--rows is '3-1'"),
        ({"rows": "a"}, "--rows is 'a'"),
        ({"component": 99}, "--component is 99; the components are 0 to 9"),
        ({"count": 0}, "--count of sefa is 0, out of its range"),
        ({"attribute": "smile"}, "no scorer knows the pictures of tiny"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_options_that_name_nothing_are_refused_in_one_line(
    generator: StyleGAN2, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DynodeError) as raised:
        find(generator, **options)

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
