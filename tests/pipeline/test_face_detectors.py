"""The commands cut out the face that a detector of a plugin finds; what goes wrong is one line."""

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
from dynode.crop import FaceFrame, frame_of
from dynode.direction.linear import LinearDirection
from dynode.errors import PluginError
from dynode.latents.latents import Latents
from dynode.media.clip import open_clip
from dynode.pipeline.aligning import aligner
from dynode.pipeline.choosing import ready_inverter
from dynode.pipeline.face_source import FaceSource
from dynode.plugins import registry
from dynode.testing import run_command, write_tiny_generator
from dynode.testing.videos import write_test_video

FACE = np.array([(-10.0, -8.0), (10.0, -8.0), (0.0, 0.0), (-7.0, 10.0), (7.0, 10.0)])
CENTRE = np.array([94.0, 64.0])


class Square(dynode.FaceDetector):
    """Finds the light square on grey, or does what it is told to."""

    name = "square"
    summary = "a light square"

    def __init__(self) -> None:
        self.answer: Any = None

    def load(self, model: Path | None = None) -> Any:
        return self.find

    def find(self, pixels: np.ndarray) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        rows, columns = np.nonzero(pixels.min(2) > 160)
        return [FACE + (columns.mean(), rows.mean())] if len(rows) else []


@pytest.fixture
def square() -> Square:
    """The detector, registered by a plugin."""
    detector = Square()
    module = types.ModuleType("dynode_square")

    @dynode.hookimpl
    def register_face_detectors(register: Any) -> None:
        register(detector)

    module.register_face_detectors = register_face_detectors  # type: ignore[attr-defined]
    registry().register(module, "tests")
    return detector


def picture(level: int) -> np.ndarray:
    pixels = np.full((128, 160, 3), 100, np.uint8)
    x, y = CENTRE.astype(int)
    pixels[y - 50 : y + 50, x - 50 : x + 50] = level  # the frame of its face lies inside
    return pixels


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: Any) -> Path:
    """A working folder with a photograph, one without a face, a generator and a direction."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNODE_DEVICE", "cpu")
    Image.fromarray(picture(200)).save("photo.png")
    Image.fromarray(picture(100)).save("wall.png")
    write_tiny_generator("g.safetensors", generator)
    LinearDirection(torch.ones(64)).save("up.safetensors")
    return tmp_path


def expected_frame() -> FaceFrame:
    return frame_of(FACE + CENTRE - 0.5)


INVERT = ["invert", "photo.png", "--generator", "g.safetensors", "-o", "codes.safetensors"]
ALIGN = ["crop", "align", "photo.png", "--size-px", "64", "-o", "face.png"]
BY_NAME = ["--face-detector", "square"]


def test_invert_sees_the_face_that_was_found(square: Square, inverter: Any, generator: Any) -> None:
    result = run_command([*INVERT, *BY_NAME, "--preview", "preview.png"])

    assert (result.exit_code, result.stderr) == (0, "")
    found = Latents.load("codes.safetensors").w - generator.mean_w
    # The square and nothing of the grey around it, up to rounding of float32.
    assert float(found[0, -1, -1]) == pytest.approx(200 / 127.5 - 1, abs=1e-5)


def test_the_step_that_aligns_is_made_in_python_too(
    square: Square, generator: Any, inverter: Any
) -> None:
    align = aligner(generator, ready_inverter(generator), FaceSource(detector="square"))

    face = np.asarray(align(Image.open("photo.png"), Path("photo.png")))

    assert face.shape == (*generator.info.resolution, 3)
    assert (face == 200).all()


def test_an_inverter_that_knows_better_moves_the_square(
    square: Square, generator: Any, inverter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the side to the right: the square and the grey beside it, see `write_photo`."""
    ready = ready_inverter(generator)
    move = torch.tensor([0.5, 0.0, 0.0, 0.0])
    monkeypatch.setattr(type(ready.method), "settle", lambda self, generator, look, options: move)
    align = aligner(generator, ready, FaceSource(detector="square"))

    face = np.asarray(align(Image.open("photo.png"), Path("photo.png")))

    width = face.shape[1]
    assert (face[:, : width // 2 - 1] == 200).all()
    assert (face[:, 5 * width // 8] < 200).all()


@pytest.mark.parametrize("move", [torch.zeros(3), torch.full((4,), torch.nan)])
def test_a_move_that_is_none_names_the_inverter(
    square: Square, generator: Any, inverter: Any, monkeypatch: pytest.MonkeyPatch, move: Any
) -> None:
    ready = ready_inverter(generator)
    monkeypatch.setattr(type(ready.method), "settle", lambda self, generator, look, options: move)
    align = aligner(generator, ready, FaceSource(detector="square"))

    with pytest.raises(PluginError, match=f"inverter '{ready.method.name}' moves a square"):
        align(Image.open("photo.png"), Path("photo.png"))


def test_a_crop_is_cut_out_where_the_detector_says(square: Square, folder: Path) -> None:
    result = run_command([*ALIGN, *BY_NAME, "--json"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"output": "face.png", "crop": "face.crop.json"}
    written = FaceFrame.load(folder / "face.crop.json")
    assert written.corners == pytest.approx(expected_frame().corners)


@pytest.fixture
def clip(folder: Path) -> Path:
    frames = [picture(180 + 8 * index) for index in range(6)]
    return write_test_video(folder / "clip.mp4", frames=6, size=(128, 160), pictures=frames)


def test_a_clip_is_edited_where_the_detector_says(
    square: Square, inverter: Any, clip: Path
) -> None:
    line = ["edit", "clip.mp4", "--direction", "up.safetensors:2", "--generator", "g.safetensors"]

    result = run_command([*line, *BY_NAME, "--no-check", "-o", "out.mp4"])

    assert result.exit_code == 0, result.stderr
    assert open_clip(Path("out.mp4")).size == (128, 160)
    before, after = (next(open_clip(path).frames()) for path in (clip, Path("out.mp4")))
    change = np.abs(before.astype(int) - after).mean(2)
    assert change[40:90, 70:118].mean() > 10
    assert change[:, :40].mean() < 2  # the codec alone


def test_a_clip_is_inverted_where_the_detector_says(
    square: Square, inverter: Any, generator: Any, clip: Path
) -> None:
    line = ["invert", "clip.mp4", "--generator", "g.safetensors", "-o", "codes.safetensors"]

    result = run_command([*line, *BY_NAME, "--preview", "preview.png"])

    assert (result.exit_code, result.stderr) == (0, "")
    found = Latents.load("codes.safetensors").w - generator.mean_w
    levels = torch.tensor([180.0 + 8 * index for index in range(6)]) / 127.5 - 1
    # The squares and nothing of the grey around them; the codec moves a level by one or two.
    torch.testing.assert_close(found[:, -1, -1], levels, atol=3 / 127.5, rtol=0)


def test_a_clip_is_interpolated_where_the_detector_says(
    square: Square, inverter: Any, clip: Path, generator: Any
) -> None:
    line = ["interpolate", "clip.mp4", "--factor", "2", "--generator", "g.safetensors"]

    result = run_command([*line, *BY_NAME, "--no-check", "-o", "out.mp4"])

    assert result.exit_code == 0, result.stderr
    assert open_clip(Path("out.mp4")).size == generator.info.resolution


@pytest.mark.parametrize("line", [INVERT, ALIGN], ids=["invert", "crop align"])
@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        ([], 1, "no face was found"),
        (ValueError("two\nlines"), 1, "the face detector 'square' failed (ValueError: two lines)"),
        ([FACE[:3]], 1, "the face detector 'square' returned landmarks of shape (3, 2); expected"),
        ({}, 1, "the face detector 'square' returned a dict; expected a list"),
    ],
    ids=["no face", "raises", "shape", "kind"],
)
def test_a_detector_that_finds_nothing_usable_ends_in_one_line(
    line: list[str],
    answer: Any,
    code: int,
    message: str,
    square: Square,
    inverter: Any,
    folder: Path,
) -> None:
    square.answer = answer

    result = run_command([*line, *BY_NAME])

    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (folder / line[-1]).exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--face-detector", "squere"], "unknown face detector 'squere'; did you mean 'square'?"),
        ([*BY_NAME, "--face-model", "m.task"], "'square' reads no file and m.task was given"),
        (["--face-model", "m.task"], "no installed face detector reads a file"),
        ([*BY_NAME, "--landmarks", "points.json"], "give either --landmarks FILE, or"),
    ],
    ids=["unknown", "no file wanted", "no reader", "both"],
)
@pytest.mark.parametrize(
    "line",
    [
        INVERT,
        ALIGN,
        ["edit", "clip.mp4", "--direction", "up.safetensors", "--generator", "g.safetensors"],
        ["interpolate", "clip.mp4", "--factor", "2", "--generator", "g.safetensors"],
    ],
    ids=["invert", "crop align", "edit", "interpolate"],
)
def test_wrong_usage_is_told_alike_by_every_command(
    line: list[str], given: list[str], message: str, square: Square, inverter: Any, clip: Path
) -> None:
    result = run_command([*line, *given])

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_detector_that_breaks_in_a_clip_names_itself(
    square: Square, inverter: Any, clip: Path
) -> None:
    square.answer = [FACE.T]
    line = ["interpolate", "clip.mp4", "--factor", "2", "--generator", "g.safetensors"]

    result = run_command([*line, *BY_NAME])

    assert result.exit_code == 1
    assert "the face detector 'square' returned landmarks of shape (2, 5)" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_picture_without_a_face_is_listed_and_stops_no_other(
    square: Square, inverter: Any, folder: Path
) -> None:
    (folder / "photos").mkdir()
    for name in ("photo.png", "wall.png"):
        (folder / name).rename(folder / "photos" / name)

    result = run_command(["invert", "photos", *INVERT[2:], *BY_NAME, "--json"])

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["pictures"] == ["photo.png"]
    assert "no face was found" in told["failures"]["wall.png"]


def test_a_picture_is_edited_where_the_detector_says(
    square: Square, inverter: Any, generator: Any
) -> None:
    result = dynode.edit(
        "photo.png",
        directions=["up.safetensors:2"],
        generator=generator,
        faces=dynode.FaceSource(detector="square"),
    )

    found = result.original.w - generator.mean_w
    # The square and nothing of the grey around it, up to rounding of float32.
    assert float(found[0, -1, -1]) == pytest.approx(200 / 127.5 - 1, abs=1e-5)
    torch.testing.assert_close(result.latents.w, result.original.w + 2)


def test_detectors_are_listed(square: Square) -> None:
    result = run_command(["plugins", "--json"])

    assert json.loads(result.stdout)["face_detectors"] == {"square": "a light square"}


def two_faces() -> np.ndarray:
    """A small light square at the left, the large one of the photograph at its right."""
    pixels = np.full((128, 240, 3), 100, np.uint8)
    pixels[20:60, 10:50], pixels[14:114, 124:224] = 170, 200
    return pixels


def answer_of_two() -> list[np.ndarray]:
    return [FACE + (174.0, 64.0), FACE * 0.4 + (30.0, 40.0)]


@pytest.mark.parametrize(
    ("choice", "level"),
    [([], 200), (["--face-number", "1"], 170), (["--face-number", "2"], 200)],
    ids=["the largest", "left", "right"],
)
def test_one_of_several_faces_is_chosen(
    choice: list[str], level: int, square: Square, inverter: Any, generator: Any
) -> None:
    Image.fromarray(two_faces()).save("two.png")
    square.answer = answer_of_two()

    result = run_command(["invert", "two.png", *INVERT[2:], *BY_NAME, *choice])

    assert (result.exit_code, result.stderr) == (0, "")
    found = Latents.load("codes.safetensors").w - generator.mean_w
    assert float(found[0, -1, -1]) == pytest.approx(level / 127.5 - 1, abs=1e-5)


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            [*BY_NAME, "--face-number", "3"],
            1,
            "--face-number is 3 and 2 were found, counted from the left; give 1 to 2",
        ),
        (
            [*BY_NAME, "--face-number", "1", "--all-faces"],
            2,
            "--face-number and --all-faces are both given",
        ),
        (["--landmarks", "p.json", "--face-number", "1"], 2, "--landmarks gives the points of one"),
        ([*BY_NAME, "--all-faces"], 2, "--all-faces is for 'dynode edit' of a photograph"),
    ],
    ids=["no third", "both", "points", "all"],
)
def test_a_choice_that_cannot_be_made_is_one_line(
    given: list[str], code: int, message: str, square: Square, inverter: Any
) -> None:
    square.answer = answer_of_two()

    result = run_command([*INVERT, *given])

    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_choice_alone_takes_the_detector_that_is_ready(
    square: Square, inverter: Any, generator: Any
) -> None:
    square.answer = answer_of_two()
    Image.fromarray(two_faces()).save("two.png")

    result = run_command(["invert", "two.png", *INVERT[2:], "--face-number", "1"])

    assert (result.exit_code, result.stderr) == (0, "")
    found = Latents.load("codes.safetensors").w - generator.mean_w
    assert float(found[0, -1, -1]) == pytest.approx(170 / 127.5 - 1, abs=1e-5)
