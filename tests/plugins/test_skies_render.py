"""The skies renderer: range, independence of the batch, anti-aliasing, factors, gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode_skies.factors import FACTOR_NAMES, FACTORS
from dynode_skies.render import render


def _factors(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, len(FACTORS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _landscape(**values: float) -> Tensor:
    row = torch.zeros(len(FACTORS))
    for name, value in values.items():
        row[FACTOR_NAMES.index(name)] = value
    return row


def _sweep(name: str, values: list[float], base: Tensor) -> Tensor:
    rows = base.repeat(len(values), 1)
    rows[:, FACTOR_NAMES.index(name)] = torch.tensor(values, dtype=base.dtype)
    return rows


def _base(name: str) -> Tensor:
    return _landscape(night=0.8) if name == "aurora" else _landscape(night=-0.6, sun_height=0.3)


@pytest.mark.parametrize("resolution", [32, 100])
def test_images_have_the_asked_size_and_range(resolution: int) -> None:
    images = render(_factors(3), resolution)

    assert images.shape == (3, 3, resolution, resolution)
    assert images.abs().max() <= 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_images_have_the_dtype_of_the_factors(dtype: torch.dtype) -> None:
    images = render(_factors(1).to(dtype), 32)

    assert images.dtype == dtype
    assert images.isfinite().all()


def test_extreme_factors_give_finite_images() -> None:
    corners = torch.where(_factors(8, seed=1) > 0, 1.0, -1.0)

    assert render(corners, 48).isfinite().all()


def test_a_batch_equals_its_pictures_one_by_one() -> None:
    factors = _factors(5)

    batch = render(factors, 64)
    loop = torch.cat([render(row[None], 64) for row in factors])

    # Matrix products and vectorised exponentials may round differently: 1e-6 of values near 1,
    # which the steepest edge, a sigmoid 4 per pixel, multiplies by some tens at most.
    assert (batch - loop).abs().max() < 1e-4


def test_half_the_resolution_equals_averaged_pixels() -> None:
    factors = _factors(8)

    fine = torch.nn.functional.avg_pool2d(render(factors, 256), 2)
    error = (fine - render(factors, 128)).square().mean()

    # 38 dB against a range of 2, as for portraits; aliased edges would cost 10 dB.
    assert error < 4 * 10**-3.8


@pytest.mark.parametrize("name", FACTOR_NAMES)
def test_every_factor_visibly_changes_the_picture(name: str) -> None:
    images = render(_sweep(name, [-1.0, 1.0], _base(name)), 64)

    assert (images[1] - images[0]).square().mean().sqrt() > 0.015


# What moves sideways differs most when it has moved its own width, and not more beyond that.
MOVING = ("turn", "horizon", "sun_bearing", "cloud_drift", "cloud_scale", "massif", "water", "wind")


@pytest.mark.parametrize("name", [n for n in FACTOR_NAMES if n not in MOVING])
def test_the_picture_changes_more_the_further_a_factor_moves(name: str) -> None:
    images = render(_sweep(name, [-1.0, -0.5, 0.0, 0.5, 1.0], _base(name)), 64)

    distance = (images - images[0]).square().mean((1, 2, 3)).sqrt()

    assert (distance.diff() >= 0).all()


@pytest.mark.parametrize("name", FACTOR_NAMES)
def test_no_half_step_of_a_factor_makes_most_of_its_difference(name: str) -> None:
    images = render(_sweep(name, [-1.0, -0.5, 0.0, 0.5, 1.0], _base(name)), 64)

    steps = images.diff(dim=0).square().mean((1, 2, 3)).sqrt()

    assert steps.max() < 0.60 * steps.sum()


def test_the_sun_stands_where_it_is_told() -> None:
    clear = {"cloud_cover": -1.0, "night": -1.0, "trees": -1.0}
    images = render(
        torch.stack(
            [
                _landscape(sun_bearing=-0.8, sun_height=0.5, **clear),
                _landscape(sun_bearing=0.8, sun_height=0.5, **clear),
                _landscape(sun_bearing=0.8, sun_height=1.0, **clear),
            ]
        ),
        64,
    )

    # The disc is the only thing in the upper half that is nearly white.
    white = (images[:, :, :34].amin(1) - 0.45).clamp(min=0) ** 2
    ramp = torch.linspace(-1, 1, 64)
    across = (white * ramp).sum((1, 2)) / white.sum((1, 2))
    down = (white * ramp[:34, None]).sum((1, 2)) / white.sum((1, 2))

    # A bearing of 1 stands 0.72 of half the width from the middle.
    assert across[:2].tolist() == pytest.approx([-0.8 * 0.72, 0.8 * 0.72], abs=0.06)
    assert down[2] < down[1] - 0.1


def test_clouds_drift_to_the_right_and_bring_their_reflection() -> None:
    base = {"cloud_cover": -0.5, "waves": -1.0, "water": 1.0, "haze": -1.0, "trees": -1.0}
    images = render(
        torch.stack(
            [_landscape(cloud_drift=d, sun_height=1.0, night=-1.0, **base) for d in (0, 1)]
        ),
        64,
    )

    changed = (images[1] - images[0]).abs().mean(0)

    assert changed[:30].mean() > 0.01  # the sky
    assert changed[48:].mean() > 0.005  # the lake
    assert changed[36:38].max() < 0.3 * changed[:30].max()  # the shore between them stays


def test_still_water_mirrors_the_land_above_its_shore() -> None:
    still = _landscape(waves=-1.0, water=1.0, trees=-1.0, horizon=0.0, night=-1.0, haze=-1.0)
    image = render(still[None].double(), 256)[0].mean(0)

    # The shore lies at y = 0.275; what is mirrored is paler by a share that grows with depth.
    row = round((0.275 + 1) * 128)
    offsets = torch.arange(12, 40)
    lake = image[row + offsets]
    above = image[row - (0.94 * offsets).round().long()]
    correlation = torch.corrcoef(torch.stack([lake.flatten(), above.flatten()]))[0, 1]

    assert correlation > 0.9


def test_night_is_dark_and_winter_white() -> None:
    day, night, winter = render(
        torch.stack(
            [
                _landscape(night=-1.0, sun_height=0.6, snow=-1.0),
                _landscape(night=1.0, sun_height=0.6, snow=-1.0),
                _landscape(night=-1.0, sun_height=0.6, snow=1.0),
            ]
        ),
        64,
    )
    meadow = (slice(None), slice(60, 64), slice(20, 44))

    assert night.mean() < day.mean() - 0.5
    assert winter[meadow].mean() > day[meadow].mean() + 0.4


def test_gradients_agree_with_finite_differences() -> None:
    factors = (0.8 * _factors(1, seed=3)).double().requires_grad_()
    weights = torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(0)).double()
    step = 1e-5

    (render(factors, 24) * weights).sum().backward()
    nudges = torch.eye(len(FACTORS), dtype=torch.float64) * step
    up = (render(factors.detach() + nudges, 24) * weights).sum((1, 2, 3))
    down = (render(factors.detach() - nudges, 24) * weights).sum((1, 2, 3))

    # Central differences: error of order step² times the third derivative.
    assert torch.allclose(factors.grad[0], (up - down) / (2 * step), rtol=1e-4, atol=1e-4)


def test_factors_of_the_wrong_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 5\), expected \(n, 20\)"):
        render(torch.zeros(2, 5))
