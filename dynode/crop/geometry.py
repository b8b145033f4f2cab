"""Where a face lies in a photograph: the square that FFHQ would cut out."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dynode.crop.conventions import FFHQ, Convention
from dynode.errors import MediaError
from dynode.files import reading, written

# Of the 68 points of dlib, counted from 0: the eyes, the tip of the nose, and the corners of the mouth.
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 30, 48, 54


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

    def moved(self, across: float, down: float, turn: float, growth: float) -> FaceFrame:
        """Return it at another place.

        Args:
            across: Towards its right edge, in parts of its side.
            down: Towards its lower edge, likewise.
            turn: About its middle, in radians, from its right edge towards its lower one.
            growth: Logarithm of how much larger it becomes.
        """
        x = np.array(self.half)
        y = np.array([-x[1], x[0]])
        centre = np.array(self.centre) + 2 * (across * x + down * y)
        half = math.exp(growth) * (math.cos(turn) * x + math.sin(turn) * y)
        return FaceFrame((float(centre[0]), float(centre[1])), (float(half[0]), float(half[1])))

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


def five_points(landmarks: np.ndarray) -> np.ndarray:
    """Reduce landmarks to both eyes, nose and the corners of the mouth, (5, 2).

    Args:
        landmarks: (5, 2) or (68, 2), see `frame_of`.

    Raises:
        MediaError: There are other numbers of points.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape == (5, 2):
        return points
    if points.shape != (68, 2):
        raise MediaError(
            f"landmarks have shape {points.shape}; expected 5 or 68 points of (x, y) for one face"
        )
    eyes = points[_LEFT_EYE].mean(0), points[_RIGHT_EYE].mean(0)
    return np.stack([*eyes, points[_NOSE], points[_MOUTH_LEFT], points[_MOUTH_RIGHT]])


def frame_of(landmarks: np.ndarray, convention: Convention = FFHQ) -> FaceFrame:
    """Find the square of a face as a generator's pictures were cut out; FFHQ's by default.

    Args:
        landmarks: (68, 2) in dlib's order, or (5, 2): the eye on the left of the picture, the one on
            the right, nose, left and right corner of the mouth; (x, y) pixels, centres of pixels at
            whole numbers, as detectors give them.
        convention: How large the square is and where.

    Raises:
        MediaError: There are other numbers of points, or they lie on top of each other.

    Source:
        Karras et al. 2019, StyleGAN, arXiv:1812.04948 (FFHQ), as in the published e4e code.
    """
    left, right, _, *corners = five_points(landmarks)
    mouth = (corners[0] + corners[1]) / 2
    eyes = (left + right) / 2
    between, down = right - left, mouth - eyes
    x = between - np.array([-down[1], down[0]])
    length = float(np.hypot(*x))
    if not np.isfinite(landmarks).all() or length < 1e-6:
        raise MediaError("the landmarks lie on top of each other; give those of a face")
    if not convention.is_turned:
        x, length = np.array([1.0, 0.0]), 1.0
    x *= max(convention.eyes * np.hypot(*between), convention.mouth * np.hypot(*down)) / length
    centre = eyes + convention.down * down + 0.5  # detectors count from the first pixel's centre
    return FaceFrame((float(centre[0]), float(centre[1])), (float(x[0]), float(x[1])))
