"""Faces of photographs: found, edited, and put back; everything else stays as it is."""

from __future__ import annotations

import json
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.crop import FaceFrame, convention_of, frame_of, paste_face
from dynode.crop.paste import paste_mask
from dynode.crop.seam import matched
from dynode.direction.linear import LinearDirection
from dynode.errors import OptionError
from dynode.pipeline.photographs import PhotographEdit, is_crop
from dynode.plugins import registry
from dynode.testing import run_command, write_tiny_generator

FACE = np.array([(-10.0, -8.0), (10.0, -8.0), (0.0, 0.0), (-7.0, 10.0), (7.0, 10.0)])
PLACES = ((60.0, 70.0), (200.0, 64.0))


class Finder:
    """Finds faces where light squares are; people are the same while their faces are as light."""

    def __call__(self, pixels: np.ndarray, /) -> list[np.ndarray]:
        if pixels.shape[1] < 200:
            return [FACE / 2 + (19.0, 18.0)] if pixels.mean() > 150 else []
        return [FACE + place for place in PLACES if pixels[int(place[1]), int(place[0]), 0] > 150]

    def describe(self, pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
        angle = float(pixels.mean()) / 255 * np.pi
        return np.array([np.cos(angle), np.sin(angle)])


class Squares(dynode.FaceDetector):
    """Finds light squares."""

    name = "squares"
    summary = "light squares"

    def load(self, model: Path | None = None) -> Any:
        return Finder()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: Any, inverter: Any) -> Path:
    """A photograph with two faces, one without any, a direction, and the detector."""
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("dynode_squares")

    @dynode.hookimpl
    def register_face_detectors(register: Any) -> None:
        register(Squares())

    module.register_face_detectors = register_face_detectors  # type: ignore[attr-defined]
    registry().register(module, "tests")
    pixels = np.random.RandomState(0).randint(80, 120, (128, 260, 3)).astype(np.uint8)
    Image.fromarray(pixels).save("wall.png")
    for x, y in np.array(PLACES, int):
        pixels[y - 45 : y + 45, x - 45 : x + 45] = 200
    photo = Image.fromarray(pixels)
    photo.putalpha(Image.fromarray(np.full((128, 260), 250, np.uint8)))
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    photo.save("photo.png", exif=exif)
    write_tiny_generator("g.safetensors", generator)
    LinearDirection(torch.ones(64)).save("up.safetensors")
    return tmp_path


EDIT = ["edit", "photo.png", "--direction", "up.safetensors:2", "--generator", "g.safetensors"]
FOUND = ["--face-detector", "squares"]


def pixels_of(path: str) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened).astype(int)


def outside(index: int) -> np.ndarray:
    frame, whole = frame_of(FACE + PLACES[index]), (0, 0, 260, 128)
    return paste_mask(frame, whole, points=FACE + PLACES[index]) == 0


def test_the_edited_face_is_put_back_and_nothing_else_changes() -> None:
    result = run_command([*EDIT, *FOUND, "--face-number", "2", "-o", "out.png"])

    assert (result.exit_code, result.stdout) == (0, "out.png\n")
    before, after = pixels_of("photo.png"), pixels_of("out.png")
    assert np.array_equal(after[outside(1)], before[outside(1)])
    assert np.abs(after - before)[:, 150:, :3].max() > 10
    assert np.array_equal(after[:, :, 3], before[:, :, 3])
    with Image.open("out.png") as opened:
        assert opened.getexif()[0x010F] == "a camera"


def test_all_faces_are_edited_at_once() -> None:
    result = run_command([*EDIT, *FOUND, "--all-faces", "-o", "out.png", "--json"])

    assert result.exit_code == 0, result.stderr
    change = np.abs(pixels_of("out.png") - pixels_of("photo.png"))
    assert change[:, :120].max() > 10 and change[:, 150:].max() > 10
    both = outside(0) & outside(1)
    assert change[both].max() == 0
    assert len(json.loads(result.stdout)["faces"]) == 2


def test_crop_only_writes_the_face_before_and_after(generator: Any) -> None:
    result = run_command([*EDIT, *FOUND, "--crop-only", "-o", "out.png"])

    assert result.exit_code == 0, result.stderr
    rows, columns = generator.info.resolution
    assert pixels_of("out.png").shape[:2] == (rows, 2 * columns + 2)


@pytest.mark.parametrize(
    "given", [["--edited-only"], ["--sweep", "-1:1:3"]], ids=["alone", "sweep"]
)
def test_what_draws_the_crop_is_refused_where_it_is_put_back(given: list[str]) -> None:
    result = run_command([*EDIT, *FOUND, *given, "-o", "out.png"])

    assert (result.exit_code, Path("out.png").exists()) == (2, False)
    assert f"{given[0]} does not apply to a photograph" in result.stderr

    cropped = run_command([*EDIT, *FOUND, *given, "--crop-only", "-o", "out.png"])
    assert cropped.exit_code == 0, cropped.stderr


@pytest.fixture
def aligned(generator: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The generator, as one of aligned faces."""
    monkeypatch.setitem(generator._about, "crop", "ffhq")
    return generator


def test_a_detector_that_is_ready_is_used_where_faces_are_aligned(aligned: Any) -> None:
    found = dynode.edit("photo.png", directions="up.safetensors:2", generator=aligned)

    assert isinstance(found, PhotographEdit)
    assert found.image().size == (260, 128)


def test_nothing_is_looked_for_where_pictures_are_taken_as_they_are(generator: Any) -> None:
    result = dynode.edit("photo.png", directions="up.safetensors:2", generator=generator)

    assert not isinstance(result, PhotographEdit)


def test_without_a_face_the_middle_is_taken_and_a_line_says_so(aligned: Any) -> None:
    with pytest.warns(UserWarning, match="wall.png: no face was found.*its middle is taken"):
        result = dynode.edit("wall.png", directions="up.safetensors", generator=aligned)

    assert not isinstance(result, PhotographEdit)


def test_a_picture_that_is_a_crop_is_taken_whole(aligned: Any) -> None:
    Image.new("RGB", (40, 40), (200, 200, 200)).save("crop.png")

    result = dynode.edit("crop.png", directions="up.safetensors", generator=aligned)

    assert not isinstance(result, PhotographEdit)
    assert is_crop(FaceFrame((100, 100), (98, 6)), (200, 200))
    assert not is_crop(FaceFrame((100, 100), (60, 0)), (200, 200))


def test_a_strength_is_lowered_until_identity_is_kept(generator: Any) -> None:
    faces = dynode.FaceSource(detector="squares")
    how: Any = {"directions": "up.safetensors:8", "generator": generator, "faces": faces}
    changed = dynode.edit("photo.png", **how)
    assert isinstance(changed, PhotographEdit)
    (lost,) = changed.identity
    least = (1 + lost) / 2

    kept = dynode.edit("photo.png", keep_identity=least, **how)

    assert isinstance(kept, PhotographEdit)
    assert lost < least <= kept.identity[0]
    assert 0 <= kept.strength < changed.strength


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--keep-identity", "1.5", *FOUND], "--keep-identity is 1.5; expected more than 0"),
        (
            ["--keep-identity", "0.9", "--crop-only"],
            "--keep-identity is for the faces of a photograph",
        ),
    ],
    ids=["range", "no photograph"],
)
def test_identity_that_cannot_be_kept_is_one_line(given: list[str], message: str) -> None:
    result = run_command([*EDIT, *given])

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr


def test_conventions_are_read_from_names_and_numbers() -> None:
    ffhq, loose = convention_of("ffhq"), convention_of("eyes=2.5 mouth=2.0 down=-0.1 upright")
    tilted = FACE @ np.array([(0.8, 0.6), (-0.6, 0.8)])
    assert ffhq is not None and loose is not None

    assert frame_of(FACE, ffhq) == frame_of(FACE)
    assert frame_of(tilted, loose).half[1] == 0
    assert frame_of(FACE, loose).side == pytest.approx(2 * 2.5 * 20)
    assert convention_of("none") is None
    with pytest.raises(
        OptionError, match="the crop convention 'fhq' is not known; expected one of ffhq"
    ):
        convention_of("fhq")


def test_colours_are_matched_at_the_seam() -> None:
    photo = np.random.RandomState(1).randint(100, 140, (160, 160, 3)).astype(np.uint8)
    frame, points = FaceFrame((80, 80), (60, 20)), FACE + 80
    darker = Image.new("RGB", (64, 64), (70, 70, 70))
    # A face 50 levels darker than the mean of the photograph, whose grain is of 11.5 levels.
    pasted = paste_face(Image.fromarray(photo), darker, frame, points=points)

    middle = np.asarray(pasted)[75:85, 75:85].astype(float)
    assert middle.mean() == pytest.approx(120, abs=3)


def test_a_shift_of_one_colour_is_taken_away_whole() -> None:
    stored = np.random.RandomState(2).rand(90, 80, 3) * 50
    weights = paste_mask(FaceFrame((40, 45), (38, 0)), (0, 0, 80, 90))

    found = matched(stored + 30, stored, weights, 76.0, 255.0)

    np.testing.assert_allclose(found, stored, atol=1e-3)
