"""Whole commands on a device that is not there: nothing leaves it, and they draw what the CPU draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dynode
from dynode.dynamics.settings import FitOptions
from dynode.testing import run_command, tiny_generator, write_tiny_generator
from dynode.testing.pretend_device import place, pretend_device
from dynode.testing.videos import write_test_video

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


QUICK = FitOptions(steps=2, shooting=1, chunk=2, width=8)
INVERTERS: dict[str, dict[str, object]] = {
    "optimize": {"steps": 1},
    "pti": {"pivot": "optimize", "pivot_steps": 1, "steps": 1, "perceptual": 0.0},
}


@pytest.mark.installed_plugins
@pytest.mark.parametrize("inverter", INVERTERS)
def test_a_clip_is_drawn_at_another_rate_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inverter: str
) -> None:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    frames = [np.full((16, 16, 3), level, np.uint8) for level in (40, 90, 150)]
    clip = write_test_video(tmp_path / "clip.mp4", frames=3, size=(16, 16), pictures=frames)
    generator, out = tiny_generator(16, channels=4), tmp_path / "out.mp4"
    place(generator.network)

    with pretend_device() as counts:
        made = dynode.interpolate(
            clip,
            factor=2,
            generator=generator,
            inverter=inverter,
            inverter_options=INVERTERS[inverter],
            fit=QUICK,
            check=False,
        )
        made.save(out)

    assert counts["to_device"] > 0 and out.exists()


@pytest.mark.installed_plugins
def test_a_direction_found_there_animates_there_with_one_wait_and_one_copy_a_batch(
    tmp_path: Path,
) -> None:
    generator = write_tiny_generator(tmp_path / "tiny.safetensors", tiny_generator(16))
    where = ["--generator", generator, "--device", "cuda:0"]
    found, clip = tmp_path / "found.safetensors", tmp_path / "out.gif"

    def copies(frames: int) -> int:
        with pretend_device() as counts:
            motion = [
                "animate",
                "--direction",
                found,
                "--frames",
                str(frames),
                "-o",
                clip,
                "--force",
            ]
            done = run_command([*motion, *where])
        assert done.exit_code == 0, done.stderr
        return sum(count for name, count in counts.items() if name != "to_device")

    with pretend_device():
        done = run_command(["find", "sefa", "--component", "0", "-o", found, *where])
    assert done.exit_code == 0, done.stderr
    more = copies(25) - copies(9)

    # Each of the two further batches of eight: what changed is asked once, and its frames are fetched.
    assert more <= 2 * 2
