"""Inverting pictures, folders and clips: names, failures, interruptions."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.errors import MediaError, UnknownNameError
from dynode.latents.file import picture_names
from dynode.latents.latents import Latents
from dynode.media.images import grid, write_image
from dynode.testing import run_command, write_tiny_generator
from dynode.testing.videos import write_test_video

CORRUPT = ("b-broken.png", "h-empty.jpg", "z-text.png")


@pytest.fixture
def photos(tmp_path):
    """Seventeen grey pictures, of growing level, and three that are none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(17):
        level = 40 + 10 * index
        Image.new("RGB", (32, 32), (level,) * 3).save(folder / f"{chr(97 + index)}.png")
    whole = (folder / "a.png").read_bytes()
    (folder / CORRUPT[0]).write_bytes(whole[:60])
    (folder / CORRUPT[1]).write_bytes(b"")
    (folder / CORRUPT[2]).write_text("no picture")
    return folder


@pytest.fixture
def tiny_file(tmp_path):
    return write_tiny_generator(tmp_path / "tiny.safetensors")


def test_a_folder_gives_its_pictures_in_order_and_names_the_others(
    photos, inverter, generator
) -> None:
    found = dynode.invert(photos, generator)

    assert found.names == tuple(f"{chr(97 + index)}.png" for index in range(17))
    assert set(found.failures) == set(CORRUPT)
    assert all(name in reason for name, reason in found.failures.items())
    levels = (found.latents.w - generator.mean_w)[:, -1, -1]
    assert bool((levels.diff() > 0).all())


def test_what_was_finished_is_not_done_again(photos, inverter, generator) -> None:
    inverter.fails_after = 8  # the second batch kills the process
    with pytest.raises(RuntimeError, match="killed"):
        dynode.invert(photos, generator)
    inverter.frames, inverter.fails_after = 0, None

    found = dynode.invert(photos, generator)

    assert inverter.frames == 9
    fresh = dynode.invert(photos, generator, gain=1.0, seed=1)
    assert torch.equal(found.latents.w, fresh.latents.w)


def test_a_picture_that_cannot_be_inverted_does_not_take_its_batch_along(
    photos, inverter, generator
) -> None:
    Image.new("RGB", (32, 32)).save(photos / "c.png")  # black, which the inverter refuses

    found = dynode.invert(photos, generator)

    assert len(found.latents) == 16
    assert found.failures["c.png"].startswith("no face in the picture")


def test_a_single_picture_that_fails_is_an_error(photos, inverter, generator) -> None:
    with pytest.raises(MediaError, match=r"z-text\.png is no image"):
        dynode.invert(photos / "z-text.png", generator)


def test_a_folder_in_which_all_fail_is_an_error(tmp_path, inverter, generator) -> None:
    (tmp_path / "one.png").write_text("x")
    (tmp_path / "two.png").write_text("x")

    with pytest.raises(MediaError, match="none of 2 pictures"):
        dynode.invert(tmp_path, generator)


def test_a_folder_without_pictures_is_an_error(tmp_path, inverter, generator) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(MediaError, match="holds no pictures"):
        dynode.invert(tmp_path / "empty", generator)


def test_pictures_in_memory_are_inverted_in_batches(inverter, generator) -> None:
    images = torch.linspace(-0.5, 0.5, 11).reshape(-1, 1, 1, 1).expand(-1, 3, 32, 32)

    found = dynode.invert(images, generator, gain=2.0)

    assert len(found.latents) == 11 and inverter.frames == 11
    with pytest.raises(UnknownNameError):
        dynode.invert(images, generator, gian=2.0)


def test_a_face_is_cut_out_before_it_is_inverted(photos, inverter, generator) -> None:
    def white(photo: Image.Image, path: object) -> Image.Image:
        return Image.new("RGB", photo.size, "white")

    plain = dynode.invert(photos / "a.png", generator)
    cut = dynode.invert(photos / "a.png", generator, align=white)

    assert float(cut.latents.w[0, -1, -1]) > float(plain.latents.w[0, -1, -1])


def test_the_command_says_what_failed_and_writes_the_rest(
    photos, inverter, tiny_file, tmp_path
) -> None:
    target, preview = tmp_path / "codes.safetensors", tmp_path / "preview.png"
    arguments = ["invert", photos, "--generator", tiny_file, "-o", target, "--json"]

    result = run_command([*arguments, "--inverter", "level", "--preview", preview, "--gain", "1.5"])

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert len(told["pictures"]) == 17 and set(told["failures"]) == set(CORRUPT)
    assert all(f"failed: {name}" in result.stderr for name in CORRUPT)
    assert len(Latents.load(target)) == 17
    assert picture_names(target) == tuple(told["pictures"])
    with Image.open(preview) as image:
        assert image.size == (8 * 32 + 7 * 2, 4 * 32 + 3 * 2)  # 16 pairs, gaps of 2 pixels


def test_the_command_inverts_a_clip(inverter, tiny_file, tmp_path) -> None:
    clip = write_test_video(tmp_path / "clip.mp4", frames=10)
    target, preview = tmp_path / "codes.safetensors", tmp_path / "preview.png"

    result = run_command(
        ["invert", clip, "--generator", tiny_file, "-o", target, "--preview", preview]
    )

    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [str(target), str(preview)]
    assert len(Latents.load(target)) == 10


def test_the_command_overwrites_nothing(photos, inverter, tiny_file, tmp_path) -> None:
    target = tmp_path / "codes.safetensors"
    target.write_text("mine")

    result = run_command(["invert", photos, "--generator", tiny_file, "-o", target])

    assert result.exit_code == 2
    assert target.read_text() == "mine" and inverter.frames == 0


def test_a_face_is_cut_out_and_put_back_by_commands(tmp_path) -> None:
    points = [[80, 100], [120, 100], [100, 120], [86, 148], [114, 148]]
    (tmp_path / "points.json").write_text(json.dumps({"photo.png": points}))
    noise = torch.rand(1, 3, 200, 240, generator=torch.Generator().manual_seed(0)) * 2 - 1
    write_image(grid(noise, columns=1), tmp_path / "photo.png")
    photo, face = tmp_path / "photo.png", tmp_path / "face.png"

    cut = run_command(
        ["crop", "align", photo, "--landmarks", tmp_path / "points.json", "--size-px", "64"]
        + ["-o", face, "--json"]
    )
    crop = json.loads(cut.stdout)["crop"]
    pasted = run_command(
        ["crop", "paste", photo, face, "--crop", crop, "--original", face]
        + ["-o", tmp_path / "result.png"]
    )

    assert (cut.exit_code, pasted.exit_code) == (0, 0), pasted.stderr
    with Image.open(tmp_path / "result.png") as result, Image.open(photo) as before:
        assert np.array_equal(result, before)


def test_a_face_has_to_be_found_in_one_way(tmp_path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.png")

    result = run_command(["crop", "align", tmp_path / "photo.png", "-o", tmp_path / "face.png"])

    assert result.exit_code == 2
    assert "--landmarks" in result.stderr
