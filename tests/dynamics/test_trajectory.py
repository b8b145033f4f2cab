"""A fitted clip: rollout at any time, and the file."""

from __future__ import annotations

import pytest
import torch

from dynode import files
from dynode.dynamics.integrate import solve
from dynode.dynamics.trajectory import Trajectory
from dynode.errors import CorruptCheckpointError, GeneratorMismatchError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset


def test_the_observed_frames_are_met(trajectory) -> None:
    found = trajectory.rollout(trajectory.times).latents

    # 0.01 deviations is where fitting stops
    torch.testing.assert_close(found.w, trajectory.observed.w, atol=0.1, rtol=0)
    assert torch.equal(found.styles["b4.conv1"], trajectory.observed.styles["b4.conv1"])


def test_offsets_between_frames_are_interpolated(trajectory) -> None:
    found = trajectory.rollout(torch.tensor([2.25], dtype=torch.float64)).latents

    torch.testing.assert_close(found.styles["b4.conv1"], torch.full((1, 5), 2.25))


def test_a_rollout_goes_back_to_where_it_began(trajectory) -> None:
    end = trajectory.rollout(trajectory.times[-1:]).states

    back = solve(trajectory.pieces, end, trajectory.end, trajectory.times[:1]).states[0]

    # dopri5 at 1e-5 over 12 units, there and back, through a network
    torch.testing.assert_close(back, trajectory.start, atol=5e-3, rtol=0)


def test_times_outside_the_fitted_ones_are_extrapolated_and_said(trajectory) -> None:
    times = torch.tensor([-0.5, 13.0], dtype=torch.float64)

    with pytest.warns(UserWarning, match="from -0.5 to 13 go beyond the fitted ones, 0 to 12"):
        found = trajectory.rollout(times)

    assert torch.isfinite(found.latents.w).all()


def test_a_saved_trajectory_rolls_out_bit_for_bit(trajectory, tmp_path) -> None:
    times = torch.tensor([0.5, 7.3], dtype=torch.float64)
    trajectory.save(tmp_path / "clip.safetensors")

    loaded = Trajectory.load(tmp_path / "clip.safetensors", fingerprint="ab" * 32)

    one, other = trajectory.rollout(times), loaded.rollout(times)
    assert torch.equal(one.latents.w, other.latents.w)
    assert torch.equal(one.latents.styles["b4.conv1"], other.latents.styles["b4.conv1"])
    assert loaded.options == trajectory.options


def test_parameter_space_offsets_are_saved_too(trajectory, tmp_path) -> None:
    offset = WeightOffset("b8.conv0", torch.ones(1, 2, 2, 3, 3), torch.arange(13.0)[:, None])
    with_weights = Trajectory(
        trajectory.observed.add_weights(offset),
        trajectory.times,
        trajectory.space,
        trajectory.start,
        trajectory.pieces,
    )
    with_weights.save(tmp_path / "clip.safetensors")

    (loaded,) = Trajectory.load(tmp_path / "clip.safetensors").observed.weights

    assert loaded.layer == "b8.conv0"
    assert torch.equal(loaded.coefficients, offset.coefficients)


def test_a_trajectory_of_another_generator_is_refused(trajectory, tmp_path) -> None:
    trajectory.save(tmp_path / "clip.safetensors")

    with pytest.raises(GeneratorMismatchError, match="belongs to generator abab"):
        Trajectory.load(tmp_path / "clip.safetensors", fingerprint="cd" * 32)


def test_a_file_of_something_else_is_refused(tmp_path) -> None:
    Latents(torch.zeros(1, 2, 3)).save(tmp_path / "codes.safetensors")

    with pytest.raises(CorruptCheckpointError, match="holds .dynode.latents"):
        Trajectory.load(tmp_path / "codes.safetensors")


def test_a_file_with_a_part_missing_is_refused(trajectory, tmp_path) -> None:
    trajectory.save(tmp_path / "clip.safetensors")
    tensors, metadata = files.load_tensors(tmp_path / "clip.safetensors")
    del tensors["space.mean"]
    files.save_tensors(tensors, tmp_path / "broken.safetensors", metadata)

    with pytest.raises(CorruptCheckpointError, match="cannot be read as a trajectory"):
        Trajectory.load(tmp_path / "broken.safetensors")


def test_moving_a_trajectory_keeps_its_times_exact(trajectory) -> None:
    moved = trajectory.to(dtype=torch.float64)

    assert moved.start.dtype == torch.float64
    assert torch.equal(moved.times, trajectory.times)
