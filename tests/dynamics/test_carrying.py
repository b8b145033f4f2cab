"""Carrying an edit of the first frame through the clip."""

from __future__ import annotations

import pytest
import torch

from dynode.dynamics.carrying import carry
from dynode.dynamics.integrate import Solver
from dynode.dynamics.modes import MODES
from dynode.errors import UnknownNameError
from dynode.latents.weight_offset import WeightOffset

TIMES = torch.tensor([0.0, 2.5, 6.0, 11.0], dtype=torch.float64)


@pytest.fixture
def first(trajectory):
    return trajectory.observed[0]


def edited(first, delta: torch.Tensor):
    return first.with_w(first.w + delta)


@pytest.mark.parametrize("mode", MODES)
def test_no_edit_is_the_plain_rollout(trajectory, first, mode) -> None:
    plain = trajectory.rollout(TIMES).latents.w

    found = carry(trajectory, first, first, TIMES, mode=mode).latents.w

    # the solver's steps differ where the tangent is integrated along: its tolerance of 1e-5
    torch.testing.assert_close(found, plain, atol=2e-3, rtol=0)


@pytest.mark.parametrize("mode", MODES)
def test_an_edit_across_the_motion_is_added_to_every_frame(trajectory, first, mode) -> None:
    delta = trajectory.space.residual(trajectory.space.decode_offset(trajectory.start) + 1.0)
    plain = trajectory.rollout(TIMES).latents.w

    found = carry(trajectory, first, edited(first, delta), TIMES, mode=mode).latents.w

    assert delta.norm() > 1
    torch.testing.assert_close(found - plain, delta.expand(4, -1, -1), atol=5e-3, rtol=0)


def test_transport_adds_the_whole_edit_to_every_frame(trajectory, first) -> None:
    delta = trajectory.space.decode_offset(torch.full_like(trajectory.start, 0.7)) + 0.2

    found = carry(trajectory, first, edited(first, delta), TIMES, mode="transport").latents.w

    plain = trajectory.rollout(TIMES).latents.w
    torch.testing.assert_close(found - plain, delta.expand(4, -1, -1), atol=1e-4, rtol=1e-4)


def test_reintegration_starts_at_the_edited_frame_and_follows_the_field(trajectory, first) -> None:
    delta = trajectory.space.decode_offset(torch.full_like(trajectory.start, 0.7))

    found = carry(trajectory, first, edited(first, delta), TIMES, mode="reintegrate")

    torch.testing.assert_close(found.states[:1], trajectory.start + 0.7, atol=1e-4, rtol=1e-4)
    plain = trajectory.rollout(TIMES).states
    assert not torch.allclose(found.states[1:] - plain[1:], torch.full((3, 1), 0.7), atol=1e-3)


def test_the_tangent_is_the_linear_part_of_reintegration(trajectory, first) -> None:
    trajectory = trajectory.to(dtype=torch.float64)
    first = trajectory.observed[0]
    small = 1e-3 * trajectory.space.decode_offset(torch.ones_like(trajectory.start))
    tight = Solver(rtol=1e-7, atol=1e-8)
    plain = trajectory.rollout(TIMES, solver=tight).states

    def moved(mode):
        found = carry(trajectory, first, edited(first, small), TIMES, mode=mode, solver=tight)
        return found.states - plain

    # what is left is of second order in 1e-3, times the growth of the flow
    torch.testing.assert_close(moved("tangent"), moved("reintegrate"), atol=2e-5, rtol=0)
    assert moved("tangent").abs().max() > 2e-4


def test_edits_of_other_spaces_ride_on_every_frame(trajectory, first) -> None:
    offset = WeightOffset("b8.conv0", torch.ones(1, 2, 2, 3, 3), torch.full((1, 1), 2.0))
    moved = first.add_styles({"b4.conv1": torch.ones(1, 5), "b8.conv0": torch.ones(1, 3)})
    moved = moved.add_weights(offset)

    found = carry(trajectory, first, moved, TIMES).latents

    plain = trajectory.rollout(TIMES).latents
    torch.testing.assert_close(found.styles["b4.conv1"], plain.styles["b4.conv1"] + 1)
    assert torch.equal(found.styles["b8.conv0"], torch.ones(4, 3))
    (carried,) = found.weights
    assert torch.equal(carried.coefficients, torch.full((4, 1), 2.0))


def test_an_unknown_mode_is_refused(trajectory, first) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'transport'"):
        carry(trajectory, first, first, TIMES, mode="transpot")
