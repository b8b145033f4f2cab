"""`dynode directions limit`: a direction on some rows of W+."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import dynode
from dynode.direction import LinearDirection
from dynode.testing import run_command, tiny_generator, write_tiny_generator


@pytest.fixture
def limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.safetensors", tiny_generator(16, w_dim=8, channels=5))
    LinearDirection(torch.ones(8)).save("up.safetensors")
    return [
        "directions",
        "limit",
        "up.safetensors",
        "--generator",
        "g.safetensors",
        "-o",
        "some.safetensors",
    ]


def test_a_direction_limited_to_rows_moves_no_others(limit: list[str]) -> None:
    result = run_command([*limit, "--rows", "0,3-4"])

    assert result.exit_code == 0, result.stderr
    codes = dynode.load_generator("g.safetensors").sample(1, seed=0)
    moved = dynode.load_direction("some.safetensors").apply(codes, 1.0).w - codes.w
    rows = moved.abs().amax((0, 2)) > 0
    assert rows.tolist() == [True, False, False, True, True, False]


def test_rows_that_are_none_are_refused_and_nothing_is_written(limit: list[str]) -> None:
    result = run_command([*limit, "--rows", "40-50"])

    assert (result.exit_code, Path("some.safetensors").exists()) == (2, False)
    assert result.stderr.count("\n") == 1
