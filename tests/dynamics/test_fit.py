"""Fitting: what a trajectory must reach, and what it refuses."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from dynode.dynamics.baselines import interpolate_codes
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.losses import PictureLoss
from dynode.dynamics.settings import FitOptions
from dynode.errors import OptionError
from dynode.latents.latents import Latents
from dynode.testing import tiny_generator


def error(found: torch.Tensor, true: torch.Tensor) -> float:
    return float((found - true).square().mean())


@pytest.mark.slow
def test_the_equation_alone_follows_the_example_clip(example_clip) -> None:
    trajectory = fit_trajectory(Latents(example_clip))

    found = trajectory.rollout(trajectory.times, keep_residual=False).latents.w

    assert error(found, example_clip) <= 0.02  # the published field cannot come below 0.5388


@pytest.mark.slow
def test_frames_left_out_of_the_example_clip_are_met_better_than_by_a_line(example_clip) -> None:
    seen, missing = torch.arange(0, 11, 2), torch.arange(1, 11, 2)

    trajectory = fit_trajectory(Latents(example_clip[seen]), seen)
    found = trajectory.rollout(missing.double()).latents.w

    line = interpolate_codes(example_clip[seen], seen, missing, "linear")
    assert error(line, example_clip[missing]) == pytest.approx(0.5663, abs=1e-4)  # as published
    assert error(found, example_clip[missing]) <= 0.55


@pytest.mark.parametrize("autonomous", [False, True], ids=["with time", "autonomous"])
def test_irregular_times_are_met_between_frames_too(swinging, quick, autonomous) -> None:
    jitter = torch.tensor([0, 0.3, -0.2, 0.35, -0.3, 0.1, 0.2, -0.35, 0.3, 0, -0.3, 0.2, 0.0])
    times = torch.arange(13, dtype=torch.float64) + jitter
    between = torch.linspace(0, 12, 49, dtype=torch.float64)
    options = dataclasses.replace(quick, autonomous=autonomous, steps=400)

    trajectory = fit_trajectory(Latents(swinging(times)), times, options=options)
    found = trajectory.rollout(between).latents.w

    line = interpolate_codes(swinging(times), times, between, "linear")
    assert error(found, swinging(between)) < 0.3 * error(line, swinging(between))


def test_the_trajectory_does_not_jump_where_one_field_takes_over_from_another(trajectory) -> None:
    joint = trajectory.pieces[0].end
    times = torch.tensor([joint - 1e-6, joint, joint + 1e-6], dtype=torch.float64)

    states = trajectory.rollout(times).states

    assert len(trajectory.pieces) == 2
    assert states.diff(dim=0).abs().max() < 1e-4  # a speed of a few deviations times 1e-6


def test_a_motion_back_and_forth_on_one_line_needs_time_in_the_field(quick) -> None:
    times = torch.arange(9, dtype=torch.float64)
    blink = torch.exp(-(times - 4).square())[:, None, None] * torch.ones(1, 2, 3)
    clip = Latents(blink.float())

    with_time = fit_trajectory(clip, options=quick)
    without = fit_trajectory(clip, options=dataclasses.replace(quick, autonomous=True))

    assert error(with_time.rollout(times).latents.w, clip.w) < 1e-3
    assert error(without.rollout(times).latents.w, clip.w) > 1e-2


def test_the_same_seed_fits_the_same_trajectory(swinging, quick) -> None:
    clip = Latents(swinging(torch.arange(5.0)))

    fits = [fit_trajectory(clip, options=quick, seed=seed) for seed in (4, 4, 5)]
    one, same, other = (fit.rollout(torch.tensor([2.5])).states for fit in fits)

    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_clip_that_stands_still_stays_where_it_is(quick) -> None:
    clip = Latents(torch.ones(4, 2, 3))

    found = fit_trajectory(clip, options=quick).rollout(torch.tensor([1.5])).latents.w

    torch.testing.assert_close(found, torch.ones(1, 2, 3), atol=1e-3, rtol=0)


def test_two_frames_are_enough(swinging, quick) -> None:
    clip = Latents(swinging(torch.arange(2.0)))

    found = fit_trajectory(clip, options=quick).rollout(torch.tensor([0.0, 1.0])).latents.w

    assert error(found, clip.w) < 1e-3


def test_pictures_pull_a_trajectory_towards_their_frames(quick) -> None:
    generator = tiny_generator()
    wrong, right = generator.sample(4, seed=0), generator.sample(4, seed=1)
    targets = generator.synthesize(right).detach()
    options = dataclasses.replace(quick, shooting=30)
    term = PictureLoss(
        generator,
        targets,
        pixel_weight=20.0,
        feature_weight=1.0,
        features=lambda images: images.flatten(1),
        every=1,
    )

    plain = fit_trajectory(wrong, options=options)
    drawn = fit_trajectory(wrong, options=options, pictures=term)

    def distance(trajectory) -> float:
        images = generator.synthesize(trajectory.rollout(trajectory.times).latents)
        return float((images - targets).abs().mean())

    assert distance(drawn) < distance(plain)


def test_the_published_field_is_an_option(swinging) -> None:
    clip = Latents(swinging(torch.arange(5.0)))

    trajectory = fit_trajectory(clip, options=FitOptions(published=True, iterations=2))

    assert trajectory.pieces[0].field.kind == "published"
    assert trajectory.space.basis is None


@pytest.mark.parametrize(
    ("count", "times", "message"),
    [
        (1, None, "the clip has 1 frame; a trajectory needs at least 2"),
        (3, [0.0, 1.0], "2 times for 3 frames"),
        (3, [0.0, 2.0, 1.0], "not increasing"),
        (3, [0.0, 1.0, float("nan")], "not increasing"),
    ],
    ids=["one frame", "too few times", "unsorted", "not a number"],
)
def test_a_clip_that_cannot_be_fitted_is_refused_in_one_line(count, times, message) -> None:
    when = None if times is None else torch.tensor(times)

    with pytest.raises(OptionError, match=message):
        fit_trajectory(Latents(torch.zeros(count, 2, 3)), when)
