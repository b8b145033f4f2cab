"""What every face detector promises."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch

from dynode import plugins
from dynode.crop.landmarks import SHAPES
from dynode.errors import MissingWeightsError
from dynode.media.images import read_image, to_uint8
from dynode.plugins.face_detector import FaceDetector
from dynode.plugins.loaded import Detector
from dynode.plugins.methods import GeneratorProvider
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.trial import quietly

_SIZES = ((96, 96), (120, 80), (80, 120))
"""Height and width of the pictures: square, upright, lying."""

_LEAST_APART = 0.06  # of the width: the eyes of a face that fills a good part of the picture
_MOST_OUTSIDE = 0.1  # of the longer side: faces may be cut by the edge


def _grey(height: int, width: int) -> np.ndarray:
    """Draw a picture without a face: (height, width, 3) 8 bit."""
    return np.full((height, width, 3), 128, np.uint8)


def _face(height: int, width: int) -> np.ndarray:
    """Draw a simple face before a dark background: (height, width, 3) 8 bit."""
    y, x = np.mgrid[:height, :width]
    x, y = (x - width / 2) / (0.3 * width), (y - height / 2) / (0.4 * height)
    picture = np.full((height, width, 3), 40, np.uint8)
    picture[x**2 + y**2 < 1] = (224, 172, 140)
    for centre, radius in ((-0.4, 0.15), (0.4, 0.15)):
        picture[(x - centre) ** 2 + (y + 0.2) ** 2 < radius**2] = (30, 20, 20)
    picture[(np.abs(x) < 0.4) & (np.abs(y - 0.5) < 0.07)] = (150, 40, 50)
    return picture


def _portraits() -> list[np.ndarray]:
    """Draw two portraits of a bundled world, twice as large; none where no plugin brings one."""
    for provider in plugins.registry().generators:
        if isinstance(provider, GeneratorProvider) and provider.default:
            generator = provider.load("cpu")
            with torch.inference_mode():
                drawn = generator.synthesize(generator.sample(2, seed=3, truncation=0.5))
            return list(to_uint8(drawn.repeat_interleave(2, -1).repeat_interleave(2, -2)).numpy())
    return []


class FaceTrial:
    """A face detector, loaded once."""

    def __init__(self, plugin: FaceDetector, options: Mapping[str, Any]) -> None:
        """Keep the plugin; it is loaded by the first check.

        Args:
            plugin: The detector.
            options: Arguments of `load`, for detectors that read a file.
        """
        self.plugin = plugin
        self.values = {**plugin.check_options, **options}

    def load(self) -> Detector:
        """Load the detector, or say that what it needs is missing."""
        if not self.plugin.takes_model and not self.plugin.is_ready():
            raise NotApplicable("what it needs is not installed")
        try:
            return self.plugin.load(**self.values)
        except MissingWeightsError as error:
            if "model" in self.values or not self.plugin.takes_model:
                raise
            raise NotApplicable(f"it needs a file, options={{'model': …}}: {error}") from error

    @cached_property
    def detector(self) -> Detector:
        """The loaded detector."""
        return self.load()

    @cached_property
    def faces(self) -> list[np.ndarray]:
        """Pictures that show a face: the plugin's photograph, drawn ones, portraits if installed."""
        photo = self.plugin.check_photo
        shown = [np.asarray(read_image(photo))] if photo is not None else []
        return [*shown, *(_face(*size) for size in _SIZES), *_portraits()]

    def find(self, pixels: np.ndarray) -> list[np.ndarray]:
        """Run it, and look at the kind of what it returns."""
        found = self.detector(pixels)
        assert isinstance(found, list), f"it returned a {type(found).__name__}, expected a list"
        return found


@remedy(
    "find the faces: drawn, in a portrait or a photograph; give `check_photo` one that shows one"
)
def a_face_that_is_there_is_found(trial: FaceTrial) -> None:
    """Of pictures that show one face each, at least one has a face found in it."""
    found = [len(trial.find(picture)) for picture in trial.faces]
    assert any(found), f"no face was found in {len(found)} pictures that show one each"


@remedy(
    "give (x, y) pixels, origin top left: eye on the left of the picture, other eye, nose, mouth"
)
def points_lie_as_in_a_face(trial: FaceTrial) -> None:
    """Points lie in the picture, eyes over the mouth, left of the picture before right."""
    for picture in trial.faces:
        height, width = picture.shape[:2]
        for face in trial.find(picture):
            left, right, _, mouth_left, mouth_right = _five(np.asarray(face, np.float64))
            told = f"{width}×{height} pixels"
            apart = np.linalg.norm(right - left)
            assert apart > _LEAST_APART * width, f"{told}: eyes {apart:.1f} pixels apart"
            away = max(-face.min(), *(face.max(0) - (width, height)))
            assert away <= _MOST_OUTSIDE * max(width, height), f"{told}: points outside"
            assert left[0] < right[0], f"{told}: the eyes are swapped, or the axes"
            assert mouth_left[0] < mouth_right[0], f"{told}: the corners of the mouth are swapped"
            below = (mouth_left + mouth_right - left - right)[1]
            assert below > 0, f"{told}: the mouth lies above the eyes"


def _five(points: np.ndarray) -> np.ndarray:
    """Reduce dlib's 68 points to eyes, nose and the corners of the mouth."""
    if len(points) == 5:
        return points
    eyes = points[36:42].mean(0), points[42:48].mean(0)
    return np.stack([*eyes, points[30], points[48], points[54]])


def _check_landmarks(found: list[np.ndarray], what: str) -> None:
    for face in found:
        assert isinstance(face, np.ndarray), f"{what}: a face is a {type(face).__name__}"
        assert face.shape in SHAPES, f"{what}: landmarks of shape {face.shape}"
        assert np.isfinite(face).all(), f"{what}: landmarks are not finite"


@remedy("return a list of numpy arrays, (5, 2) or (68, 2), one for each face; also for one face")
def faces_have_the_promised_shape(trial: FaceTrial) -> None:
    """Pictures of any size give a list of finite landmarks, (5, 2) or (68, 2) each."""
    for height, width in _SIZES:
        _check_landmarks(trial.find(_face(height, width)), f"at {width}×{height} pixels")


@remedy("return an empty list where there is no face; raise nothing")
def a_plain_picture_raises_nothing(trial: FaceTrial) -> None:
    """A plain grey picture gives an empty list, or landmarks; never an exception."""
    for height, width in _SIZES:
        _check_landmarks(trial.find(_grey(height, width)), f"grey, {width}×{height} pixels")


@remedy("keep nothing between two pictures, and draw random numbers from a seed of your own")
def the_same_picture_has_the_same_faces(trial: FaceTrial) -> None:
    """A picture has the same landmarks again, also after another and when loaded anew."""
    picture = _face(*_SIZES[0])
    first = trial.find(picture)
    trial.find(_grey(*_SIZES[1]))
    again = {"found again": trial.find(picture), "loaded anew": list(trial.load()(picture))}
    for how, faces in again.items():
        assert len(faces) == len(first), f"{how}: {len(faces)} faces, {len(first)} before"
        same = [np.array_equal(one, two) for one, two in zip(first, faces, strict=True)]
        assert all(same), f"{how}: other landmarks"


@remedy("work on a copy: pixels = pixels.copy()")
def pixels_are_left_alone(trial: FaceTrial) -> None:
    """The pixels are not written into, and may be read-only."""
    picture = _face(*_SIZES[0])
    before = picture.copy()
    trial.find(picture)
    assert np.array_equal(picture, before), "it wrote into the pixels"
    picture.flags.writeable = False
    trial.find(picture)


@remedy("write messages to the log; give the class a summary of one line")
def detecting_prints_nothing(trial: FaceTrial) -> None:
    """Nothing is printed, and there is a summary of one line."""
    with quietly() as printed:
        trial.load()(_face(*_SIZES[0]))
    assert not printed.getvalue(), f"it printed {printed.getvalue()[:60]!r}"
    assert trial.plugin.summary.strip() and "\n" not in trial.plugin.summary, "no summary"


FACE_CHECKS = (
    faces_have_the_promised_shape,
    a_face_that_is_there_is_found,
    points_lie_as_in_a_face,
    a_plain_picture_raises_nothing,
    the_same_picture_has_the_same_faces,
    pixels_are_left_alone,
    detecting_prints_nothing,
)
