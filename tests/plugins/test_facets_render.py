"""The facets renderer: range, independence of the batch, anti-aliasing, factors, gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode_facets.factors import FACTOR_NAMES, FACTORS
from dynode_facets.render import render


def _factors(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, len(FACTORS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _sweep(name: str, values: list[float], base: Tensor) -> Tensor:
    rows = base.repeat(len(values), 1)
    rows[:, FACTOR_NAMES.index(name)] = torch.tensor(values, dtype=base.dtype)
    return rows


@pytest.mark.parametrize("resolution", [32, 100, 128])
def test_images_have_the_asked_size_and_range(resolution: int) -> None:
    images = render(_factors(3), resolution)

    assert images.shape == (3, 3, resolution, resolution)
    assert images.dtype == torch.float32
    assert images.abs().max() <= 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_images_have_the_dtype_of_the_factors(dtype: torch.dtype) -> None:
    images = render(_factors(1).to(dtype), 32)

    assert images.dtype == dtype
    assert images.isfinite().all()


def test_extreme_factors_give_finite_images() -> None:
    corners = torch.where(_factors(8, seed=1) > 0, 1.0, -1.0)

    assert render(corners, 64).isfinite().all()


def test_a_batch_equals_its_pictures_one_by_one() -> None:
    factors = _factors(11)

    batch = render(factors, 128)
    loop = torch.cat([render(row[None], 128) for row in factors])

    # Vectorised exponentials may round differently at the end of a buffer.
    assert (batch - loop).abs().max() < 1e-6


def test_half_the_resolution_equals_averaged_pixels() -> None:
    factors = _factors(8)

    fine = torch.nn.functional.avg_pool2d(render(factors, 256), 2)
    error = (fine - render(factors, 128)).square().mean()

    # 38 dB against a range of 2; aliased edges would cost 10 dB.
    assert error < 4 * 10**-3.8


def test_large_pictures_agree_with_small_ones() -> None:
    factors = _factors(2)

    fine = torch.nn.functional.avg_pool2d(render(factors, 512), 8)
    error = (fine - render(factors, 64)).square().mean()

    assert error < 4 * 10**-3.2


# Hues run round more than half of a circle, and pixels that moved apart cannot differ more:
# here the distance between pictures says little about the distance between factors.
WRAPPING = ("pitch", "clothes_hue", "background_hue")


@pytest.mark.parametrize("name", FACTOR_NAMES)
def test_every_factor_visibly_changes_the_picture(name: str) -> None:
    images = render(_sweep(name, [-1.0, 1.0], torch.zeros(len(FACTORS))), 64)

    assert (images[1] - images[0]).square().mean().sqrt() > 0.015


@pytest.mark.parametrize("name", [n for n in FACTOR_NAMES if n not in WRAPPING])
def test_the_picture_changes_more_the_further_a_factor_moves(name: str) -> None:
    images = render(_sweep(name, [-1.0, -0.5, 0.0, 0.5, 1.0], torch.zeros(len(FACTORS))), 64)

    distance = (images - images[0]).square().mean((1, 2, 3)).sqrt()

    # Not strictly: beard and glasses are still absent at -0.5.
    assert (distance.diff() >= 0).all()


@pytest.mark.parametrize("name", [n for n in FACTOR_NAMES if n not in ("beard", "glasses")])
def test_no_half_step_of_a_factor_makes_most_of_its_difference(name: str) -> None:
    images = render(_sweep(name, [-1.0, -0.5, 0.0, 0.5, 1.0], torch.zeros(len(FACTORS))), 64)

    steps = images.diff(dim=0).square().mean((1, 2, 3)).sqrt()

    assert steps.max() < 0.55 * steps.sum()
    assert steps.min() > 0.05 * steps.sum()


def test_left_and_right_are_those_of_the_picture() -> None:
    base = torch.zeros(len(FACTORS))
    base[FACTOR_NAMES.index("eye_open")] = 0.6
    ramp = torch.linspace(-1, 1, 64)

    def centre_of_the_whites(name: str) -> Tensor:
        eyes = render(_sweep(name, [-1.0, 1.0], base), 128)[:, :, 54:70, 32:96]
        white = (eyes.min(dim=1).values - 0.5).clamp(min=0)
        return (white * ramp).sum((1, 2)) / white.sum((1, 2))

    turned, looked = centre_of_the_whites("yaw"), centre_of_the_whites("gaze")

    # Turning right takes the eyes along; looking right leaves the white on the left.
    assert turned[1] > turned[0] + 0.1
    assert looked[1] < looked[0] - 0.03


def test_light_comes_from_the_side_it_is_named_for() -> None:
    images = render(_sweep("light", [-1.0, 1.0], torch.zeros(len(FACTORS))), 64).mean(1)

    right_minus_left = images[..., 32:].mean((1, 2)) - images[..., :32].mean((1, 2))

    assert right_minus_left[1] > right_minus_left[0] + 0.1


def test_gradients_agree_with_finite_differences() -> None:
    factors = _factors(1, seed=3).double().requires_grad_()
    weights = torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(0)).double()
    step = 1e-5

    (render(factors, 24) * weights).sum().backward()
    nudges = torch.eye(len(FACTORS), dtype=torch.float64) * step
    up = (render(factors.detach() + nudges, 24) * weights).sum((1, 2, 3))
    down = (render(factors.detach() - nudges, 24) * weights).sum((1, 2, 3))

    # Central differences: error of order step² times the third derivative.
    assert torch.allclose(factors.grad[0], (up - down) / (2 * step), rtol=1e-4, atol=1e-5)


def test_factors_of_the_wrong_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 5\), expected \(n, 23\)"):
        render(torch.zeros(2, 5))
