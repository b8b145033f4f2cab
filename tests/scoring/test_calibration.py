"""Calibration: strength 1 raises an attribute by one standard deviation, whatever the kind."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode import LinearDirection, StyleDirection, WeightDirection, ZDirection
from dynode.direction.base import Direction
from dynode.errors import OptionError
from dynode.generator.population import draw_population
from dynode.scoring.calibration import calibrate
from dynode.scoring.choosing import ChosenScorer
from dynode.scoring.effects import mean_effect
from dynode.stylegan2.generator import StyleGAN2

SAMPLES = 16


def lightening(generator: StyleGAN2) -> LinearDirection:
    """The mean gradient of lightness in W."""
    w = draw_population(generator, SAMPLES, seed=0, truncation=0.7).latents.w.requires_grad_(True)
    from dynode.latents.latents import Latents

    generator.synthesize(Latents(w)).mean().backward()
    assert w.grad is not None
    gradient = w.grad.sum((0, 1))
    return LinearDirection(gradient / gradient.norm())


def kinds(generator: StyleGAN2) -> dict[str, Direction]:
    info = generator.info
    rgb = info.rgb_layers[-1]
    return {
        "w": lightening(generator),
        "w, long": LinearDirection(1000 * lightening(generator).delta),
        "w, short": LinearDirection(0.001 * lightening(generator).delta),
        "w, downwards": LinearDirection(-lightening(generator).delta),
        "styles": StyleDirection({rgb: torch.ones(info.style_channels[rgb])}),
        "weights": WeightDirection(rgb, torch.ones(info.conv_layers[rgb])),
    }


@pytest.mark.parametrize("kind", ["w", "w, long", "w, short", "w, downwards", "styles", "weights"])
def test_strength_one_is_one_deviation(
    generator: StyleGAN2, light: ChosenScorer, kind: str
) -> None:
    direction = kinds(generator)[kind]

    calibrated = calibrate(direction, generator, light, samples=SAMPLES, seed=0)

    population = draw_population(generator, SAMPLES, seed=0, truncation=0.7)
    effect = mean_effect(calibrated, generator, light.model, population)
    # The search stops within 2 %.
    assert float(effect(1.0)[0]) == pytest.approx(1.0, abs=0.021)
    assert calibrated.info.calibration.effect == pytest.approx(float(effect(1.0)[0]), abs=1e-3)
    assert calibrated.info.calibration.leakage["warm"] == pytest.approx(
        float(effect(1.0)[1]), abs=1e-3
    )
    assert calibrated.info.unit == "one standard deviation of light"


def test_the_offset_stays_as_it_was(generator: StyleGAN2, light: ChosenScorer) -> None:
    direction = lightening(generator)

    calibrated = calibrate(direction, generator, light, samples=4)

    assert isinstance(calibrated, LinearDirection)
    assert torch.equal(calibrated.delta, direction.delta)


def test_a_direction_in_z_is_measured_before_the_mapping_network(
    generator: StyleGAN2, light: ChosenScorer
) -> None:
    vector = torch.randn(generator.info.z_dim, generator=torch.Generator().manual_seed(1))
    direction = ZDirection(vector / vector.norm())
    population = draw_population(generator, SAMPLES, seed=0, truncation=0.7)
    effect = mean_effect(direction, generator, light.model, population)

    moved = population.remap(generator, direction.apply_z(population.z, 2.0))
    before = light.model.score(generator.synthesize(population.latents))
    after = light.model.score(generator.synthesize(moved))

    wanted = (after - before).mean(0) / torch.tensor(light.model.deviations)
    assert torch.allclose(effect(2.0), wanted, atol=1e-5)


class Blind:
    """Sees nothing of the first attribute and everything of the second."""

    attributes = ("nothing", "light")
    deviations = (1.0, 0.2)

    def score(self, images: Tensor) -> Tensor:
        light = images.mean((1, 2, 3))
        return torch.stack([torch.zeros_like(light), light], 1)


def test_a_direction_that_cannot_do_it_is_told_what_it_does(generator: StyleGAN2) -> None:
    scorer = ChosenScorer("blind", Blind(), "nothing")

    with pytest.raises(OptionError, match=r"moves 'nothing' by at most \+0\.00 .* 'light'"):
        calibrate(lightening(generator), generator, scorer, samples=4)


def test_a_guess_that_is_near_is_improved_with_few_pictures(
    generator: StyleGAN2, light: ChosenScorer
) -> None:
    plain = lightening(generator)
    whole = calibrate(plain, generator, light, samples=SAMPLES, seed=0, with_curve=False)
    strengths: list[str] = []

    again = calibrate(
        plain.with_info(scale=1.2 * whole.info.scale),
        generator,
        light,
        samples=SAMPLES,
        seed=0,
        with_curve=False,
        progress=lambda done, total, told: strengths.append(told),
    )

    assert len(strengths) <= 3
    # Both searches stop within 2 % of the effect, which is nearly proportional there.
    assert again.info.scale == pytest.approx(whole.info.scale, rel=0.05)


def test_the_same_seed_gives_the_same_scale(generator: StyleGAN2, light: ChosenScorer) -> None:
    first, second = (
        calibrate(lightening(generator), generator, light, samples=4, seed=5) for _ in range(2)
    )

    assert first.info == second.info


def test_strength_one_can_lower_the_attribute(generator: StyleGAN2, light: ChosenScorer) -> None:
    direction = lightening(generator)

    calibrated = calibrate(direction, generator, light, samples=SAMPLES, seed=0, lower=True)

    population = draw_population(generator, SAMPLES, seed=0, truncation=0.7)
    effect = mean_effect(calibrated, generator, light.model, population)
    told = calibrated.info.calibration
    # The search stops within 2 %.
    assert float(effect(1.0)[0]) == pytest.approx(-1.0, abs=0.021)
    assert told.effect == pytest.approx(float(effect(1.0)[0]), abs=1e-3)
    assert dict(told.curve)[-2.0] == pytest.approx(float(effect(-2.0)[0]), abs=1e-3)
    assert calibrated.info.unit == "minus one standard deviation of light"
