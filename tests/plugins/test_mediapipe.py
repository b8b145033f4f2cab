"""The face detector of MediaPipe, on a stand-in for MediaPipe: neither it nor its model is here."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from dynode.crop import FaceFrame, frame_of, load_detector
from dynode.errors import MissingWeightsError, UsageError
from dynode.plugins import registry
from dynode.testing import checks_for, run_command
from dynode_mediapipe import plugin
from dynode_mediapipe.landmarker import FaceLandmarker, five_points
from dynode_mediapipe.plugin import MediapipeDetector


class _Mediapipe:
    """What the adapter uses of MediaPipe, finding the mesh it was given."""

    ImageFormat = SimpleNamespace(SRGB="srgb")

    def __init__(self, meshes: list[np.ndarray]) -> None:
        found = [[SimpleNamespace(x=x, y=y) for x, y in mesh] for mesh in meshes]
        detector = SimpleNamespace(detect=lambda image: SimpleNamespace(face_landmarks=found))
        vision = SimpleNamespace(
            FaceLandmarkerOptions=SimpleNamespace,
            FaceLandmarker=SimpleNamespace(create_from_options=lambda options: detector),
        )
        self.tasks = SimpleNamespace(vision=vision, BaseOptions=SimpleNamespace)

    def Image(self, *, image_format: str, data: np.ndarray) -> np.ndarray:  # noqa: N802
        return data


@pytest.fixture
def mesh(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The only face that is found, in parts of the picture."""
    points = np.random.RandomState(0).rand(478, 2) * 0.02
    places = {33: (0.3, 0.4), 362: (0.7, 0.4), 1: (0.5, 0.55), 61: (0.35, 0.7), 291: (0.65, 0.7)}
    eyes = {33: (133, 159, 145), 362: (263, 386, 374)}
    for first, place in places.items():
        points[[first, *eyes.get(first, ())]] += place
    monkeypatch.setitem(sys.modules, "mediapipe", _Mediapipe([points]))
    return points


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file where the model should be."""
    (tmp_path / "face_landmarker.task").touch()
    return tmp_path / "face_landmarker.task"


def test_points_of_mediapipe_become_pixels(mesh: np.ndarray, model: Path) -> None:
    (points,) = FaceLandmarker(model)(np.zeros((30, 40, 3), np.uint8))

    assert points == pytest.approx(five_points(mesh) * [40, 30] - 0.5)


def test_without_mediapipe_or_its_model_one_is_told_what_to_do(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)

    with pytest.raises(UsageError, match=r"dynode-gan\[mediapipe\]"):
        MediapipeDetector().load(model)
    with pytest.raises(MissingWeightsError, match="absent.task does not exist"):
        MediapipeDetector().load(model.with_name("absent.task"))
    with pytest.raises(MissingWeightsError, match="give it with --face-model FILE"):
        MediapipeDetector().load()


def test_it_keeps_the_promises_of_face_detectors(mesh: np.ndarray, model: Path) -> None:
    outcomes = {
        c.id: c.outcome() for c in checks_for(MediapipeDetector(), options={"model": model})
    }

    assert {name: o.message for name, o in outcomes.items() if o.status != "passed"} == {}


def test_without_a_model_its_checks_have_nothing_to_look_at() -> None:
    outcomes = [check.outcome() for check in checks_for(MediapipeDetector())]

    assert {outcome.status for outcome in outcomes} == {"skipped"}
    assert "face_landmarker.task" in outcomes[0].message


def test_it_is_the_one_meant_by_a_model_file_alone(mesh: np.ndarray, model: Path) -> None:
    registry().register(plugin, "dynode-gan")
    picture = np.zeros((30, 40, 3), np.uint8)

    (alone,), (named,) = (load_detector(name, model)(picture) for name in (None, "mediapipe"))

    assert np.array_equal(alone, named)


def test_the_command_cuts_out_the_face_it_finds(
    mesh: np.ndarray, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry().register(plugin, "dynode-gan")
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 30), (90, 120, 150)).save("photo.png")

    result = run_command(
        ["crop", "align", "photo.png", "--face-model", model, "--size-px", "32", "-o", "face.png"]
    )

    assert (result.exit_code, result.stderr) == (0, "")
    expected = frame_of(five_points(mesh) * [40, 30] - 0.5)
    written = FaceFrame.load(tmp_path / "face.crop.json")
    assert written.corners == pytest.approx(expected.corners)
