"""Where a face lies in a photograph: the square that FFHQ would cut out."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dynode.errors import MediaError
from dynode.files import reading, written

_EYES_FACTOR, _MOUTH_FACTOR, _DOWN = 2.0, 1.8, 0.1
# Of the 68 points of dlib, counted from 0: the eyes, and the corners of the mouth.
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_MOUTH_LEFT, _MOUTH_RIGHT = 48, 54


@dataclass(frozen=True)
class FaceFrame:
    """A square in a photograph, turned with the face.

    Points are (x, y) in pixels, the origin at the corner of the top left pixel.

    Attributes:
        centre: Its middle.
        half: From the middle to that of the right edge.
    """

    centre: tuple[float, float]
    half: tuple[float, float]

    @property
    def side(self) -> float:
        """Length of an edge in pixels."""
        return 2 * float(np.hypot(*self.half))

    @property
    def corners(self) -> np.ndarray:
        """Top left, bottom left, bottom right, top right: (4, 2)."""
        centre, x = np.array(self.centre), np.array(self.half)
        y = np.array([-x[1], x[0]])
        return np.stack([centre - x - y, centre - x + y, centre + x + y, centre + x - y])

    def to_crop(self, size_px: int) -> np.ndarray:
        """Return the matrix (2, 3) from points of the photograph to those of a crop."""
        x = np.array(self.half)
        y = np.array([-x[1], x[0]])
        turn = np.stack([x, y]) / float(x @ x) * (size_px / 2)
        shift = size_px / 2 - turn @ np.array(self.centre)
        return np.concatenate([turn, shift[:, None]], axis=1)

    def to_photo(self, size_px: int) -> np.ndarray:
        """Return the matrix (2, 3) from points of a crop to those of the photograph."""
        x = np.array(self.half)
        y = np.array([-x[1], x[0]])
        turn = np.stack([x, y], axis=1) * (2 / size_px)
        shift = np.array(self.centre) - x - y
        return np.concatenate([turn, shift[:, None]], axis=1)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        with written(path) as temporary:
            text = json.dumps({"format": "dynode.crop", "centre": self.centre, "half": self.half})
            temporary.write_text(text + "\n", encoding="utf-8")

    @staticmethod
    def load(path: Path) -> FaceFrame:
        """Read what `save` wrote.

        Raises:
            MediaError: It is something else.
        """
        todo = "give the .crop.json that 'dynode crop align' wrote"
        with reading(path, "the description of a crop", todo, error=MediaError):
            told = json.loads(path.read_text(encoding="utf-8"))
            numbers = [float(part) for key in ("centre", "half") for part in told[key]]
            cx, cy, hx, hy = numbers
            if not all(map(math.isfinite, numbers)):
                raise ValueError("a number in it is not finite")
            return FaceFrame((cx, cy), (hx, hy))


def frame_of(landmarks: np.ndarray) -> FaceFrame:
    """Find the square of a face as FFHQ does.

    Args:
        landmarks: (68, 2) in dlib's order, or (5, 2): the eye on the left of the picture, the one on
            the right, nose, left and right corner of the mouth; (x, y) pixels, centres of pixels at
            whole numbers, as detectors give them.

    Raises:
        MediaError: There are other numbers of points, or they lie on top of each other.

    Source:
        Karras et al. 2019, StyleGAN, arXiv:1812.04948 (FFHQ), as in the published e4e code.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape == (68, 2):
        left, right = points[_LEFT_EYE].mean(0), points[_RIGHT_EYE].mean(0)
        mouth = (points[_MOUTH_LEFT] + points[_MOUTH_RIGHT]) / 2
    elif points.shape == (5, 2):
        left, right = points[0], points[1]
        mouth = (points[3] + points[4]) / 2
    else:
        raise MediaError(
            f"landmarks have shape {points.shape}; expected 5 or 68 points of (x, y) for one face"
        )
    eyes = (left + right) / 2
    between, down = right - left, mouth - eyes
    x = between - np.array([-down[1], down[0]])
    length = float(np.hypot(*x))
    if not np.isfinite(points).all() or length < 1e-6:
        raise MediaError("the landmarks lie on top of each other; give those of a face")
    x *= max(_EYES_FACTOR * np.hypot(*between), _MOUTH_FACTOR * np.hypot(*down)) / length
    centre = eyes + _DOWN * down + 0.5  # detectors count from the centre of the first pixel
    return FaceFrame((float(centre[0]), float(centre[1])), (float(x[0]), float(x[1])))
