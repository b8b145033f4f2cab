"""Whole commands on a device that is not there: nothing leaves it, and they draw what the CPU draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode.testing.pretend_device import pretend_device

_ROUNDING = 2  # of 255: the same operations, saved in steps of one


@pytest.mark.installed_plugins
@pytest.mark.parametrize(
    "arguments",
    [
        ["edit", "--plugin", "sefa", "-o", "out.png"],
        ["edit", "--plugin", "sefa", "--sweep", "-1:1:3", "-o", "out.png"],
        ["generate", "--seeds", "0-1", "-o", "out.png"],
        ["generate", "--seeds", "0", "--mix", "1", "-o", "out.png"],
    ],
    ids=["edit", "sweep", "generate", "mix"],
)
def test_a_command_draws_there_what_it_draws_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    generator = write_tiny_generator(tmp_path / "tiny.safetensors")
    common = [*arguments, "--generator", str(generator), "--force"]

    def drawn(device: str) -> np.ndarray:
        done = run_command([*common, "--device", device])
        assert done.exit_code == 0, done.stderr
        return np.asarray(Image.open("out.png").convert("RGB"), np.int16)

    here = drawn("cpu")
    with pretend_device() as counts:
        there = drawn("cuda:0")

    assert counts["to_device"] > 0, "nothing was computed there"
    assert int(np.abs(here - there).max()) <= _ROUNDING


@pytest.mark.installed_plugins
def test_a_picture_is_inverted_there(tmp_path: Path) -> None:
    generator = write_tiny_generator(tmp_path / "tiny.safetensors", tiny_generator(16))
    picture, out = tmp_path / "in.png", tmp_path / "codes.safetensors"
    Image.fromarray(np.full((16, 16, 3), 100, np.uint8)).save(picture)
    where = ["--generator", generator, "--device", "cuda:0", "-o", out]
    how = ["--inverter", "optimize", "--inverter-option", "steps=2"]

    with pretend_device() as counts:
        done = run_command(["invert", picture, *how, *where])

    assert done.exit_code == 0, done.stderr
    assert counts["to_device"] > 0 and out.exists()
