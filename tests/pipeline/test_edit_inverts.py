"""`edit` and `animate` of a picture go through `invert`: its cache, and the options of the inverter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import dynode
from dynode.direction.linear import LinearDirection
from dynode.errors import MediaError, UnknownNameError
from dynode.testing import run_command, write_tiny_generator


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.safetensors", generator)
    LinearDirection(torch.ones(64)).save("up.safetensors")
    Image.new("RGB", (32, 32), (160, 160, 160)).save("photo.png")
    return Path("photo.png")


def test_a_picture_is_inverted_once_whatever_is_done_with_it(
    picture: Path, inverter: Any, generator: Any
) -> None:
    found = dynode.invert(picture, generator)

    edited = dynode.edit(picture, directions=["up.safetensors:2"], generator=generator)
    moving = dynode.animate(picture, "up.safetensors:2", generator=generator, frames=2)

    assert inverter.frames == 1
    assert torch.equal(edited.original.w, found.latents.w)
    assert torch.equal(moving.latents.w, found.latents.w)
    torch.testing.assert_close(edited.latents.w, found.latents.w + 2)


@pytest.mark.parametrize("command", ["edit", "animate"])
def test_the_inverter_and_its_options_are_named_as_everywhere(
    picture: Path, inverter: Any, generator: Any, command: str
) -> None:
    line = [command, "photo.png", "--direction", "up.safetensors", "--generator", "g.safetensors"]
    target = "a.png" if command == "edit" else "a.mp4"
    brief = [] if command == "edit" else ["--frames", "2"]
    chosen = ["--inverter", "level", "--inverter-option"]

    done = run_command([*line, *brief, *chosen, "gain=0", "-o", target])
    misspelt = run_command([*line, *chosen, "gian=0", "-o", "b" + target])

    assert done.exit_code == 0, done.stderr
    assert (misspelt.exit_code, misspelt.stdout) == (2, "")
    assert "did you mean 'gain'" in misspelt.stderr


def test_options_reach_the_inverter(picture: Path, inverter: Any, generator: Any) -> None:
    given = {"directions": ["up.safetensors"], "generator": generator}

    still = dynode.edit(picture, inverter_options={"gain": 0.0}, **given)

    assert torch.equal(still.original.w[0], generator.mean_w.expand_as(still.original.w[0]))
    with pytest.raises(UnknownNameError, match="did you mean 'gain'"):
        dynode.edit(picture, inverter_options={"gian": 0.0}, **given)
    with pytest.raises(UnknownNameError, match="'seed'"):
        dynode.edit(picture, inverter_options={"seed": 1}, **given)


def test_an_option_of_invert_is_given_in_one_way(picture: Path, inverter: Any) -> None:
    line = ["invert", "photo.png", "--generator", "g.safetensors", "--inverter", "level"]

    flag = run_command([*line, "--gain", "2", "-o", "a.safetensors"])
    named = run_command([*line, "--inverter-option", "gain=2", "-o", "b.safetensors"])
    both = run_command([*line, "--gain", "2", "--inverter-option", "gain=2", "-o", "c.safetensors"])

    assert (flag.exit_code, named.exit_code) == (0, 0), named.stderr
    codes = [dynode.Latents.load(Path(name)).w for name in ("a.safetensors", "b.safetensors")]
    assert torch.equal(*codes)
    assert both.exit_code == 2 and "--gain and --inverter-option gain" in both.stderr


def test_a_folder_is_not_edited_in_part(picture: Path, inverter: Any, generator: Any) -> None:
    with pytest.raises(MediaError, match="is a folder; expected a picture or codes"):
        dynode.edit(".", directions=["up.safetensors"], generator=generator)


def test_a_moving_gif_is_edited_frame_by_frame(
    picture: Path, inverter: Any, generator: Any
) -> None:
    frames = [Image.new("RGB", (32, 32), (60 + 30 * index,) * 3) for index in range(4)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:], duration=100)

    quick = dynode.FitOptions(steps=40, shooting=0, width=16)
    edited = dynode.edit(
        "a.gif", directions=["up.safetensors"], generator=generator, fit=quick, check=False
    )

    assert edited.save("b.gif").frames == 4
