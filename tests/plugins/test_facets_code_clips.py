"""Clips of the facets world as codes: exact, and at rest when they begin."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dynode.cli import run
from dynode.weights import read_tensors
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import factor_index
from dynode_facets.w_space import factors_of

pytestmark = pytest.mark.installed_plugins


def test_the_command_writes_the_codes_of_moving_faces(tmp_path: Path) -> None:
    path = tmp_path / "clips.safetensors"

    code = run(
        ["facets", "trajectories", "--count", "5", "--frames", "9", "--seed", "3", "-o", str(path)]
    )

    codes = read_tensors(path)["codes"]
    assert code == 0
    assert codes.shape == (5, 9, 1, 512)
    # Through codes of about 5 in float32 and back.
    truth = moving_factors(5, 9, 25.0, 3)
    assert torch.allclose(factors_of(codes[:, :, 0].double()).float(), truth, atol=1e-4)


def test_faces_age_as_far_as_is_asked_and_everything_else_moves_as_before(tmp_path: Path) -> None:
    path = tmp_path / "clips.safetensors"
    asked = ["--count", "24", "--frames", "9", "--fps", "2", "--shares", "age=0.5"]

    assert run(["facets", "trajectories", *asked, "-o", str(path)]) == 0

    found = factors_of(read_tensors(path)["codes"][:, :, 0].double()).float()
    expected = moving_factors(24, 9, 2.0, 0)
    age = expected[..., factor_index("age")]
    assert float((age - age[:, :1]).abs().max()) > 0.5  # somebody ages
    age.copy_((age[:, :1] + age) / 2)
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("share", ["ages=0.5", "age=1.5", "age", "age=nan"])
def test_a_share_of_nothing_is_refused_in_a_line(
    share: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clips.safetensors"

    assert run(["facets", "trajectories", "--shares", share, "-o", str(path)]) == 2

    told = capsys.readouterr().err
    assert share in told and "from 0 to 1" in told
    assert not path.exists()


def test_a_factor_has_one_share(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clips.safetensors"

    assert run(["facets", "trajectories", "--shares", "age=0.5,age=0.5", "-o", str(path)]) == 2

    assert "age more than once" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("command", ["trajectories", "render"])
@pytest.mark.parametrize("fps", ["nan", "inf", "0"])
def test_a_clock_that_does_not_run_is_refused(
    command: str, fps: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clips"

    assert run(["facets", command, "--fps", fps, "-o", str(path)]) == 2

    assert "'--fps'" in capsys.readouterr().err
    assert not path.exists()


def test_a_file_named_as_the_world_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facets").touch()

    assert run(["facets", "trajectories", "--count", "1", "-o", "clips.safetensors"]) == 0


def test_a_training_that_fails_leaves_no_clips(tmp_path: Path) -> None:
    output, folder = tmp_path / "video.safetensors", tmp_path / "run"
    few = ["--clips", "2", "--frames", "8", "--fps", "1000000"]  # nothing moves in a microsecond

    assert run(["facets", "train", "video", *few, "--run-folder", str(folder), "-o", str(output)])

    assert not output.exists()
    assert not list(folder.glob("*.safetensors"))


def test_one_seed_gives_one_world_and_fewer_frames_a_beginning() -> None:
    long, short = moving_factors(4, 12, 25.0, 1), moving_factors(4, 6, 25.0, 1)

    assert torch.equal(long[:, :6], short)
    assert not torch.equal(moving_factors(4, 6, 25.0, 2), short)
    assert float((long[:, 1:] - long[:, :1]).abs().amax((1, 2)).min()) > 0  # everybody moves
