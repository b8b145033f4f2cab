"""`dynode edit CLIP` and `dynode interpolate`, as a user calls them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from dynode.direction.linear import LinearDirection
from dynode.media.clip import open_clip
from dynode.testing import run_command, write_tiny_generator
from dynode.testing.videos import audio_bytes, write_test_video


@pytest.fixture
def world(tmp_path, inverter, generator, monkeypatch):
    """A folder with a generator, a direction and a clip."""
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.safetensors", generator)
    LinearDirection(torch.full((64,), 0.3)).save("up.safetensors")
    write_test_video(tmp_path / "clip.mp4", frames=8)
    return tmp_path


EDIT = ["--direction", "up.safetensors:2", "--generator", "g.safetensors"]


def test_a_clip_is_edited_with_its_sound(world) -> None:
    result = run_command(["edit", "clip.mp4", *EDIT, "-o", "out.mp4", "--json"])

    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["frames"] == len(open_clip(world / "out.mp4")) == 8
    assert report["mode"] == "transport"
    assert report["trajectory"]["held_out"].keys() == {"ode", "hold", "linear", "cubic"}
    assert report["seconds"].keys() >= {"invert", "fit", "edit", "carry", "render"}
    assert audio_bytes(world / "out.mp4") == audio_bytes(world / "clip.mp4")


def test_the_report_is_told_and_the_output_named_by_the_edit(world) -> None:
    result = run_command(["edit", "clip.mp4", *EDIT, "--mode", "tangent", "--no-check"])

    assert result.exit_code == 0, result.stderr
    assert result.stdout == "up.mp4\n"
    assert "reconstruction error" in result.stderr
    assert "8 frames at 25 a second" in result.stderr


def test_a_clip_is_drawn_at_another_rate(world) -> None:
    arguments = ["--generator", "g.safetensors", "--fps", "60", "--no-check"]

    result = run_command(["interpolate", "clip.mp4", *arguments])

    assert result.exit_code == 0, result.stderr
    assert result.stdout == "clip-interpolated.mp4\n"
    assert len(open_clip(world / "clip-interpolated.mp4")) == 17  # 7/25 s at 60 a second
    assert audio_bytes(world / "clip-interpolated.mp4") == audio_bytes(world / "clip.mp4")


def test_a_clip_is_drawn_at_times_from_a_file(world) -> None:
    (world / "times.txt").write_text("0 0.1 0.05 0.28")
    arguments = ["--generator", "g.safetensors", "--times", "times.txt", "--no-check"]

    result = run_command(["interpolate", "clip.mp4", *arguments, "-o", "out.mkv", "--json"])

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["frames"] == len(open_clip(world / "out.mkv")) == 4


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
@pytest.mark.parametrize("command", [["edit", *EDIT[:2]], ["interpolate", "--factor", "1"]])
def test_pictures_that_move_are_written(world, command, suffix) -> None:
    out = world / f"out{suffix}"
    given = [*command, "clip.mp4", *EDIT[2:], "--no-check", "-o", str(out), "--json"]

    result = run_command(given)

    assert result.exit_code == 0, result.stderr
    count = len(open_clip(world / "clip.mp4"))
    assert json.loads(result.stdout)["frames"] == len(open_clip(out)) == count


def test_the_inverters_options_are_given_by_name(world, inverter) -> None:
    arguments = [*EDIT, "-o", "out.mp4", "--no-check", "--inverter-option", "gain=0"]

    result = run_command(["edit", "clip.mp4", *arguments, "--json"])

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["trajectory"]["rank"] == 1  # every frame has the same code


def one_frame(folder) -> None:
    """has one frame; a clip needs at least 2"""
    write_test_video(folder / "bad.mp4", frames=1)


def cut_off(folder) -> None:
    """is no video, or damaged or truncated"""
    whole = write_test_video(folder / "bad.mp4", frames=40).read_bytes()
    (folder / "bad.mp4").write_bytes(whole[: len(whole) // 2])


def sound_alone(folder) -> None:
    """has no picture track (audio only)"""
    write_test_video(folder / "bad.mp4", frames=0)


def no_face(folder) -> None:
    """frames 0 to 2 of bad.mp4: no face in the picture"""
    black = [np.zeros((64, 64, 3), np.uint8)] * 3
    write_test_video(folder / "bad.mp4", frames=3, pictures=black)


def absent(folder) -> None:
    """bad.mp4 does not exist"""


@pytest.mark.parametrize("command", [["edit", *EDIT[:2]], ["interpolate", "--factor", "2"]])
@pytest.mark.parametrize("make", [one_frame, cut_off, sound_alone, no_face, absent])
def test_what_cannot_be_used_is_told_in_one_line(world, make, command) -> None:
    make(world)

    result = run_command([*command, "bad.mp4", "--generator", "g.safetensors", "-o", "out.mp4"])

    assert result.exit_code == 1
    assert make.__doc__ in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (world / "out.mp4").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["interpolate", "clip.mp4"], "give one of --fps, --factor and --times"),
        (["interpolate", "clip.mp4", "--fps", "0"], "--fps is 0"),
        (["interpolate", "clip.mp4", "--factor", "2", "-o", "a.png"], "is no video format"),
        (["edit", "clip.mp4", *EDIT, "-o", "out.png"], "is no video format"),
        (["edit", "clip.mp4", *EDIT, "-o", "out.apng"], ".mp4 .mov .mkv .webm .gif .webp"),
        (["edit", "clip.mp4", *EDIT, "--inverter-option", "gain"], "expected NAME=VALUE"),
        (["edit", "clip.mp4", *EDIT, "--inverter-option", "gian=1"], "did you mean 'gain'"),
        (["edit", "clip.mp4", "--plugin", "absent"], "unknown direction method 'absent'"),
        (["edit", "clip.mp4", "--generator", "g.safetensors"], "nothing to do"),
    ],
)
def test_wrong_usage_is_told_in_one_line(world, arguments, message) -> None:
    if "--generator" not in arguments and "absent" not in arguments:
        arguments = [*arguments, "--generator", "g.safetensors"]

    result = run_command(arguments)

    assert result.exit_code in (1, 2)
    assert message in result.stderr


@pytest.mark.filterwarnings("always::UserWarning")  # the command shows them in a line of their own
def test_times_outside_the_clip_are_extrapolated_and_said(world) -> None:
    (world / "times.txt").write_text("0 0.5")
    arguments = ["--generator", "g.safetensors", "--times", "times.txt", "--no-check"]

    result = run_command(["interpolate", "clip.mp4", *arguments, "-o", "out.mp4"])

    assert result.exit_code == 0, result.stderr
    assert "what lies outside is extrapolated" in result.stderr
