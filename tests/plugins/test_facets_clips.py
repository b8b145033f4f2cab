"""Motions of facets faces: in range, smooth, and the same whatever the frame times."""

from __future__ import annotations

import pytest
import torch

from dynode.errors import UnknownNameError
from dynode_facets.clips import MOTIONS, trajectory
from dynode_facets.factors import FACTOR_NAMES, FACTORS
from dynode_worlds.motion import irregular_times, regular_times

MOVING = {
    "talking": "mouth_open",
    "blinking": "eye_open",
    "nodding": "pitch",
    "turning": "yaw",
    "ageing": "age",
    "smiling": "smile",
}


def _start(seed: int = 0) -> torch.Tensor:
    return torch.rand(len(FACTORS), generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_regular_times_are_spaced_by_the_frame_rate() -> None:
    assert regular_times(0.5, 10).tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_irregular_times_start_at_zero_and_increase() -> None:
    times = irregular_times(2.0, 20, seed=3)

    assert times[0] == 0
    assert (times.diff() > 0).all()
    assert times[-1] < 2.0
    assert times.diff().std() > 0.01


@pytest.mark.parametrize("motion", MOTIONS)
def test_factors_stay_in_range_and_start_at_rest(motion: str) -> None:
    start = _start()

    path = trajectory(motion, start, regular_times(5.0, 30), seed=1)

    assert path.shape == (150, len(FACTORS))
    assert path.abs().max() <= 1
    # A blink fades like a bell curve, it does not end.
    assert torch.allclose(path[0], start, atol=1e-3)


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_factor_the_motion_is_named_for_moves_visibly(motion: str) -> None:
    path = trajectory(motion, _start(), regular_times(9.0, 30), seed=1)
    column = path[:, FACTOR_NAMES.index(MOVING[motion])]

    assert column.max() - column.min() > 0.3


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_same_moment_is_the_same_face_at_any_frame_rate(motion: str) -> None:
    coarse = trajectory(motion, _start(), regular_times(2.0, 10), seed=4)
    fine = trajectory(motion, _start(), regular_times(2.0, 40), seed=4)

    assert torch.equal(coarse, fine[::4])


@pytest.mark.parametrize("motion", MOTIONS)
def test_motion_is_smooth(motion: str) -> None:
    # A kink would keep its second difference as the step shrinks; a smooth path divides it by 4.
    def bend(fps: int) -> torch.Tensor:
        path = trajectory(motion, _start().double(), regular_times(3.0, fps), seed=2)
        return path.diff(n=2, dim=0).abs().max()

    assert bend(400) < 0.3 * bend(200)


def test_another_seed_moves_differently() -> None:
    times = regular_times(1.0, 25)

    first, second = (trajectory("talking", _start(), times, seed=seed) for seed in (1, 2))

    assert not torch.equal(first, second)


def test_an_unknown_motion_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="'dancing'.*talking"):
        trajectory("dancing", _start(), regular_times(1, 5), seed=0)


def test_a_batch_of_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="start has shape"):
        trajectory("talking", torch.zeros(2, len(FACTORS)), regular_times(1, 5), seed=0)
