"""`dynode animate`: a still picture in, a clip out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from dynode import LinearDirection
from dynode.generator.loading import load_generator
from dynode.media.clip import open_clip
from dynode.testing import CommandResult, run_command


@pytest.fixture
def animated(tiny: Path, folder: Path) -> Callable[..., CommandResult]:
    """Run `dynode animate` on the tiny generator, with a direction in the folder."""
    info = load_generator(tiny).info
    direction = LinearDirection(torch.ones(info.num_layers, info.w_dim))
    direction.with_info(name="lift").save("lift.micromotion.safetensors")
    return lambda *arguments: run_command(["animate", "--generator", tiny, *arguments])


@pytest.mark.installed_plugins
def test_a_sampled_face_becomes_a_clip_named_after_the_motion(animated) -> None:
    result = animated(
        "--micromotion", "lift.micromotion.safetensors", "--frames", "5", "--seed", "2"
    )

    assert (result.exit_code, result.stdout) == (0, "lift.mp4\n"), result.stderr
    assert "5 frames at 30 a second" in result.stderr
    assert len(open_clip(Path("lift.mp4"))) == 5


def test_json_is_one_document_with_stable_keys(animated) -> None:
    result = animated(
        *("--direction", "lift.micromotion.safetensors", "--frames", "4", "--strength", "0.5"),
        *("--fps", "10", "--ease", "linear", "--boomerang", "--json", "-o", "a.gif"),
    )

    document = json.loads(result.stdout)
    assert list(document) == [
        *("output", "motion", "generator", "frames", "fps", "strength", "seed", "seconds"),
        "changes_in_standard_deviations",
    ]
    assert (document["frames"], document["strength"], document["motion"]) == (4, 0.5, "lift")
    with Image.open("a.gif") as clip:
        assert (clip.n_frames, clip.info["duration"]) == (4, 100)


@pytest.mark.parametrize("old", [["--scale", "0.5"], ["--scale=0.5"]], ids=["apart", "joined"])
def test_the_strength_is_read_by_its_old_name_with_a_warning(animated, old: list[str]) -> None:
    motion = ["--direction", "lift.micromotion.safetensors", "--frames", "2", "--json"]

    before = animated(*motion, *old, "-o", "a.gif")
    now = animated(*motion, "--strength", "0.5", "-o", "b.gif")

    assert "warning: --scale is now called --strength" in before.stderr
    assert json.loads(before.stdout)["strength"] == 0.5
    assert now.stderr == ""
    assert Path("a.gif").read_bytes() == Path("b.gif").read_bytes()
    assert "--scale" not in run_command(["animate", "--help"]).stdout


def test_a_direction_may_have_a_strength_behind_its_name(animated) -> None:
    motion = "lift.micromotion.safetensors"

    behind = animated("--direction", f"{motion}:0.5", "--strength", "3", "-o", "a.gif", "--json")
    apart = animated("--micromotion", motion, "--strength", "1.5", "-o", "b.gif", "--json")

    assert json.loads(behind.stdout)["strength"] == json.loads(apart.stdout)["strength"] == 1.5
    assert Path("a.gif").read_bytes() == Path("b.gif").read_bytes()


def test_a_clip_without_loss(animated) -> None:
    result = animated(
        "--direction", "lift.micromotion.safetensors", "--frames", "3", "-o", "a.webp"
    )

    assert (result.exit_code, result.stdout) == (0, "a.webp\n"), result.stderr
    with Image.open("a.webp") as clip:
        assert (clip.format, clip.n_frames) == ("WEBP", 3)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--micromotion", "absent"], 2, "unknown direction file or name 'absent'"),
        (["--micromotion", "lift.micromotion.safetensors", "-o", "a.png"], 1, "is no video format"),
        (["--micromotion", "lift.micromotion.safetensors", "--fps", "0"], 2, "--fps is 0"),
        (["--micromotion", "lift.micromotion.safetensors", "--frames", "1"], 2, "--frames"),
        ([], 2, "--micromotion"),
    ],
)
def test_wrong_usage_is_one_line(animated, arguments, code: int, message: str) -> None:
    result = animated(*arguments)

    assert result.exit_code == code
    assert message in result.stderr and result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_clip_that_exists_is_kept(animated) -> None:
    Path("a.gif").write_text("mine")

    result = animated("--micromotion", "lift.micromotion.safetensors", "-o", "a.gif")

    assert result.exit_code == 2 and "--force" in result.stderr
    assert Path("a.gif").read_text() == "mine"
