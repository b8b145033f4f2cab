"""The face detector of dlib: on a real photograph where it is installed, on what goes wrong anywhere."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dynode.crop import crop_face, frame_of
from dynode.errors import MissingWeightsError, UsageError
from dynode.plugins import Recogniser, ScoringDetector
from dynode.testing import checks_for
from dynode_dlib import files
from dynode_dlib.plugin import DlibDetector

needs_dlib = pytest.mark.skipif(
    not files.is_installed() or importlib.util.find_spec("skimage") is None,
    reason="needs the extra 'faces' and scikit-image",
)
PIXELS_APART = 1.0  # mean over the points; measured 0.3 between tilts


@pytest.fixture(scope="module")
def finder() -> Any:
    return DlibDetector().load()


@pytest.fixture(scope="module")
def astronaut() -> Image.Image:
    from skimage import data

    return Image.fromarray(data.astronaut())


def tilted(points: np.ndarray, degrees: float, size: tuple[int, int]) -> np.ndarray:
    """Where points lie after `Image.rotate` about the middle."""
    angle, middle = np.radians(-degrees), np.array(size) / 2 - 0.5
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points - middle) @ turn.T + middle


@needs_dlib
def test_the_astronaut_is_found_and_her_eyes_are_level(finder: Any, astronaut: Any) -> None:
    (points,) = finder(np.asarray(astronaut))

    assert points.shape == (68, 2)
    (again,) = finder(np.asarray(crop_face(astronaut, frame_of(points), 512)))
    left, right = again[36:42].mean(0), again[42:48].mean(0)
    assert abs(np.degrees(np.arctan2(*(right - left)[::-1]))) < 1.0
    # FFHQ: both eyes a quarter of the side apart, in the middle, a little above it
    assert (right - left)[0] / 512 == pytest.approx(0.25, abs=0.02)
    assert ((left + right) / 2 / 512)[0] == pytest.approx(0.5, abs=0.02)


@needs_dlib
@pytest.mark.parametrize("degrees", [25, -40])
def test_a_tilted_photograph_has_the_same_points(finder: Any, astronaut: Any, degrees: int) -> None:
    (upright,) = finder(np.asarray(astronaut))
    turned = astronaut.rotate(degrees, Image.Resampling.BICUBIC)

    (found,) = finder(np.asarray(turned))

    apart = np.abs(found - tilted(upright, degrees, astronaut.size)).mean()
    assert apart < PIXELS_APART


@needs_dlib
def test_it_is_certain_of_her_and_knows_her_again(finder: Any, astronaut: Any) -> None:
    assert isinstance(finder, ScoringDetector) and isinstance(finder, Recogniser)
    ((points, score),) = finder.scored(np.asarray(astronaut))
    small = astronaut.resize((400, 400))
    (fewer,) = finder(np.asarray(small))

    one, two = (
        finder.describe(np.asarray(astronaut), points),
        finder.describe(np.asarray(small), fewer),
    )

    assert score > 1
    assert np.linalg.norm(one - two) < 0.3  # dlib calls it the same person below 0.6


@needs_dlib
@pytest.mark.slow
def test_it_keeps_the_promises_of_face_detectors(
    astronaut: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    astronaut.crop((100, 0, 356, 256)).save(tmp_path / "her.png")
    monkeypatch.setattr(DlibDetector, "check_photo", tmp_path / "her.png")

    outcomes = {check.id: check.outcome() for check in checks_for(DlibDetector())}

    assert {name: o.message for name, o in outcomes.items() if o.status != "passed"} == {}


def test_where_it_is_not_installed_its_checks_have_nothing_to_look_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "find_spec", lambda name: None)

    outcomes = [check.outcome() for check in checks_for(DlibDetector())]

    assert {outcome.status for outcome in outcomes} == {"skipped"}


def test_without_dlib_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)

    with pytest.raises(UsageError, match=r"pip install dynode-gan\[faces\]"):
        DlibDetector().load()


def test_without_its_networks_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "find_spec", lambda name: None)

    assert not DlibDetector().is_ready()
    with pytest.raises(MissingWeightsError, match="face-recognition-models.*--landmarks"):
        files.network_file("shape_predictor_68_face_landmarks.dat")
