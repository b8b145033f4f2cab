"""`dynode train ode`, as a user calls it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from dynode.dynamics.trajectory import Trajectory
from dynode.latents.latents import Latents
from dynode.testing import run_command

QUICK = ["--steps", "100", "--shooting", "5", "--width", "16"]


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.RandomState(0).randn(7, 3, 4).astype(np.float32).cumsum(0)


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".pth", ".safetensors"])
def test_codes_in_every_kind_of_file_are_fitted(codes, tmp_path, suffix) -> None:
    source, target = tmp_path / f"codes{suffix}", tmp_path / "clip.trajectory.safetensors"
    if suffix == ".npz":
        np.savez(source, frame_number=np.arange(7), latents=codes)
    elif suffix == ".npy":
        np.save(source, codes)
    elif suffix == ".pth":
        torch.save(torch.from_numpy(codes)[:, None], source)  # the published shape
    else:
        Latents(torch.from_numpy(codes)).save(source)

    result = run_command(["train", "ode", source, "-o", target, *QUICK, "--json"])

    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["output"] == str(target)
    assert report["frames"] == 7
    assert set(report["held_out"]) == {"ode", "hold", "linear", "cubic"}
    assert torch.equal(Trajectory.load(target).observed.w, torch.from_numpy(codes))


def test_frame_times_come_from_a_file(codes, tmp_path) -> None:
    np.save(tmp_path / "codes.npy", codes)
    (tmp_path / "times.txt").write_text("0\n0.5\n1.5\n1.6\n3\n4\n5.5\n")
    target = tmp_path / "out.safetensors"

    result = run_command(
        ["train", "ode", tmp_path / "codes.npy", "--times", tmp_path / "times.txt"]
        + ["-o", target, *QUICK, "--no-check"]
    )

    assert result.exit_code == 0, result.stderr
    assert "reconstruction error" in result.stderr
    assert Trajectory.load(target).end == 5.5


def test_an_output_that_exists_is_kept(codes, tmp_path) -> None:
    np.save(tmp_path / "codes.npy", codes)
    (tmp_path / "out.safetensors").write_text("precious")

    result = run_command(
        ["train", "ode", tmp_path / "codes.npy", "-o", tmp_path / "out.safetensors"]
    )

    assert result.exit_code == 2
    assert (tmp_path / "out.safetensors").read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (np.zeros((1, 2, 3), np.float32), [], "the clip has 1 frame"),
        (np.zeros((5, 3), np.float32), [], "the clip has 1 frame"),
        (np.full((3, 2, 3), np.nan, np.float32), [], "holds codes that are not finite"),
        (np.zeros((3, 2, 3), np.int64), [], "has shape (3, 2, 3) int64; expected codes in W+"),
        (np.zeros((3, 2, 3), np.float32), ["--rank", "0"], "--rank of train ode is 0"),
        (np.zeros((3, 2, 3), np.float32), ["--smoothing", "aut"], "did you mean 'auto'"),
        (np.zeros((3, 2, 3), np.float32), ["--times", "absent.txt"], "cannot be read as times"),
    ],
    ids=["one frame", "flat", "not finite", "integers", "rank 0", "misspelt", "no times"],
)
def test_what_cannot_be_fitted_is_told_in_one_line(content, arguments, message, tmp_path) -> None:
    np.save(tmp_path / "codes.npy", content)

    result = run_command(
        ["train", "ode", tmp_path / "codes.npy", "-o", tmp_path / "out.safetensors", *arguments]
    )

    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out.safetensors").exists()


def test_a_file_that_is_no_array_is_told_in_one_line(tmp_path) -> None:
    (tmp_path / "codes.npz").write_bytes(b"not a zip archive")

    result = run_command(["train", "ode", tmp_path / "codes.npz"])

    assert result.exit_code == 1
    assert "none of the known weights files" in result.stderr
