"""Inversion by gradient descent."""

from __future__ import annotations

import pytest
import torch

from dynode.errors import OptionError
from dynode.latents.latents import Latents
from dynode.plugins.methods import silent
from dynode_optimize.inversion import _jitter, _ramp, invert
from dynode_optimize.noise import noise_maps, noise_regularisation, normalise
from dynode_optimize.options import OptimizeOptions

QUICK = {"steps": 60, "perceptual": 0.0}


def error_of(generator, latents: Latents, images) -> float:
    with torch.no_grad():
        return float((generator.synthesize(latents) - images).square().mean())


@pytest.mark.parametrize("space", ["w", "w+"])
def test_the_error_falls_far_below_that_of_the_mean(generator, images, space) -> None:
    options = OptimizeOptions(space=space, **QUICK)

    found = invert(generator, images, options, seed=0, progress=silent)

    mean = Latents(generator.mean_w.expand_as(found.w).contiguous())
    assert error_of(generator, found, images) < 0.25 * error_of(generator, mean, images)
    rows_agree = torch.equal(found.w, found.w[:, :1].expand_as(found.w))
    assert rows_agree == (space == "w")


def test_a_warm_start_is_taken_and_kept_where_it_is_perfect(generator, images, inverters) -> None:
    import dynode

    truth = generator.sample(2, seed=3).w

    class Known(dynode.Inverter):
        name = "known"

        def invert(self, generator, images, options, *, seed, progress):
            return Latents(truth.clone())

    inverters.add(Known(), "tests")
    options = OptimizeOptions(start="known", jitter=0.0, patience=2, **QUICK)
    steps = []

    found = invert(
        generator,
        images,
        options,
        seed=0,
        progress=lambda done, total, message="": steps.append(done),
    )

    assert torch.equal(found.w, truth)
    assert len(steps) < 10  # nothing improves on an error of zero, so it stops


def test_it_does_not_start_from_itself(generator, images) -> None:
    with pytest.raises(OptionError, match="itself"):
        invert(generator, images, OptimizeOptions(start="optimize"), seed=0, progress=silent)


def test_an_anchor_keeps_the_code_near_its_start(generator, images) -> None:
    found = [
        invert(generator, images, OptimizeOptions(anchor=a, **QUICK), seed=0, progress=silent).w
        for a in (0.0, 1.0)
    ]

    moved = [float((w - generator.mean_w).square().mean()) for w in found]
    assert moved[1] < 0.5 * moved[0]


def test_noise_maps_take_part_and_are_dropped(generator, images) -> None:
    options = OptimizeOptions(noise_maps=True, steps=40, perceptual=0.0)

    found = invert(generator, images, options, seed=0, progress=silent)

    mean = Latents(generator.mean_w.expand_as(found.w).contiguous())
    assert error_of(generator, found, images) < error_of(generator, mean, images)


def test_noise_has_a_map_for_each_convolution(generator) -> None:
    maps = noise_maps(generator.info, 3, torch.Generator().manual_seed(0), torch.zeros(1))

    drawn = generator.synthesize(generator.sample(3, seed=0), noise=maps)

    assert [len(part) for part in maps] == [3] * 5
    assert drawn.shape == (3, 3, 16, 16)


def test_white_noise_costs_little_and_a_picture_much() -> None:
    white = [torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))]
    wave = [torch.linspace(0, 12, 64).sin().expand(1, 1, 64, 64).clone()]
    normalise(white)
    normalise(wave)

    # Correlations of white noise are 1/sqrt(n): 1/4096 of their square at 64 px, 1/64 at 8 px.
    assert float(noise_regularisation(white)) < 2 * 2 * (1 / 4096 + 1 / 1024 + 1 / 256 + 1 / 64)
    assert float(noise_regularisation(wave)) > 1


def test_the_schedule_is_that_of_the_projector() -> None:
    steps = 1000

    assert _ramp(24, steps) == pytest.approx(0.5)
    assert _ramp(400, steps) == pytest.approx(1)
    assert _ramp(875, steps) == pytest.approx(0.5)
    options = OptimizeOptions(steps=steps, jitter=0.2)
    assert _jitter(options, 0) == pytest.approx(0.2)
    assert _jitter(options, 375) == pytest.approx(0.05)
    assert _jitter(options, 750) == 0
