"""`dynode edit` and `interpolate` on clips as people have them: times, kinds and warnings of the result."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from dynode.direction.linear import LinearDirection
from dynode.media.clip import open_clip
from dynode.testing import run_command, write_tiny_generator

from ..media import made

pytestmark = pytest.mark.filterwarnings("always::UserWarning")  # shown in lines of their own


@pytest.fixture
def world(tmp_path, inverter, generator, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.safetensors", generator)
    LinearDirection(torch.full((64,), 0.3)).save("up.safetensors")
    return tmp_path


def edit(source: str, output: str):
    arguments = ["--direction", "up.safetensors:2", "--generator", "g.safetensors", "--no-check"]
    return run_command(["edit", source, *arguments, "-o", output])


def interpolate(source: str, output: str, *asked: str):
    arguments = ["--generator", "g.safetensors", "--no-check", *asked]
    return run_command(["interpolate", source, *arguments, "-o", output])


def test_edit_keeps_start_end_and_sounds(world) -> None:
    made.encode(
        world / "a.mp4", rate=20, start_s=0.5, last_s=0.6, sounds=["aac", "aac"], sound_s=2.0
    )

    result = edit("a.mp4", "out.mp4")

    assert result.exit_code == 0, result.stderr
    sounds, pictures = made.shown(world / "out.mp4")
    assert sounds == [0, 0]
    assert pictures == pytest.approx([0.5 + k / 20 for k in range(12)], abs=1e-3)
    assert made.duration(world / "out.mp4") == pytest.approx(11 / 20 + 0.6, abs=1 / 20)


def test_an_uneven_clip_is_written_over_the_same_span_and_told(world) -> None:
    times = [k / 30 for k in range(6)] + [6 / 30 + k / 8 for k in range(6)]
    made.encode(world / "a.mkv", times_s=times)

    result = edit("a.mkv", "out.mkv")

    assert result.exit_code == 0, result.stderr
    assert "variable frame rate, 8 to 30" in result.stderr
    pictures = made.shown(world / "out.mkv")[1]
    assert len(pictures) == 12
    assert pictures[-1] == pytest.approx(times[-1], abs=2e-3)  # milliseconds


def test_interpolation_ends_as_the_clip_does(world) -> None:
    made.encode(world / "a.mp4", rate=20, start_s=0.25, last_s=0.6, sounds=["aac"], sound_s=2.0)

    result = interpolate("a.mp4", "out.mp4", "--fps", "50")

    assert result.exit_code == 0, result.stderr
    (sound,), pictures = made.shown(world / "out.mp4")
    assert pictures[0] - sound == pytest.approx(0.25, abs=1e-3)
    assert made.duration(world / "out.mp4") == pytest.approx(11 / 20 + 0.6, abs=1 / 50)


@pytest.mark.slow
def test_times_of_ones_own_are_not_held(world) -> None:
    made.encode(world / "a.mp4", rate=20, last_s=1.5)
    (world / "times.txt").write_text("0 0.3 0.1 0.5")

    result = interpolate("a.mp4", "out.mp4", "--times", "times.txt")

    assert result.exit_code == 0, result.stderr
    assert made.duration(world / "out.mp4") == pytest.approx(4 / 20)


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    ("name", "given"),
    [
        pytest.param("a.m4v", {"container": "mp4"}, id="edit .m4v", marks=pytest.mark.slow),
        pytest.param("a.avi", {"codec": "mpeg4"}, id="edit .avi"),
        pytest.param("a.ts", {}, id="edit .ts", marks=pytest.mark.slow),
        pytest.param("a.wmv", {"codec": "wmv2"}, id="edit .wmv", marks=pytest.mark.slow),
        pytest.param(
            "a.mpg", {"codec": "mpeg2video", "rate": 25}, id="edit .mpg", marks=pytest.mark.slow
        ),
        pytest.param("a.gif", None, id="edit moving GIF"),
        pytest.param("a.webp", None, id="edit moving WebP", marks=pytest.mark.slow),
    ],
)
def test_edit_takes_every_kind_of_clip(world, name, given) -> None:
    if given is None:
        first, *rest = [Image.fromarray(picture) for picture in made.scenes(6)]
        first.save(world / name, save_all=True, append_images=rest, duration=50)
    else:
        made.encode(world / name, made.scenes(6), **given)

    result = edit(name, "out.mp4")

    assert result.exit_code == 0, result.stderr
    assert len(open_clip(world / "out.mp4")) == 6
