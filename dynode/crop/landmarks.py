"""Points of a face: from a file, or from a detector."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from dynode.errors import MediaError
from dynode.files import reading
from dynode.plugins.loaded import Detector
from dynode.weights.numpy_file import read_array

SHAPES = ((5, 2), (68, 2))
"""Shapes that the landmarks of one face may have."""
_TODO = "give .json, .npy or text with 5 or 68 points of (x, y)"


def read_landmarks(path: Path, name: str = "") -> np.ndarray:
    """Read landmarks of one face.

    Args:
        path: `.json` with a list of points, or with such lists by picture name; `.npy`; or text with
            a point a line.
        name: Name of the picture, for files that hold several.

    Returns:
        (5, 2) or (68, 2), (x, y) pixels.

    Raises:
        MediaError: The file is absent or holds something else.
    """
    with reading(path, "landmarks", _TODO, error=MediaError):
        held = _held(path)
        if isinstance(held, Mapping):
            held = held.get("landmarks", held.get(name, held.get(Path(name).stem)))
            if held is None:
                raise MediaError(f"{path.name} holds no landmarks of {name!r}; add its points")
        points = np.asarray(held, dtype=np.float64)
    if points.shape not in SHAPES or not np.isfinite(points).all():
        raise MediaError(
            f"{path.name} holds numbers of shape {points.shape}; expected 5 or 68 points of (x, y), all "
            f"finite"
        )
    return points


def _held(path: Path) -> object:
    if path.suffix.lower() == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    if path.suffix.lower() == ".npy":
        return read_array(path, error=MediaError)
    lines = path.read_text(encoding="utf-8").replace(",", " ").splitlines()
    return [[float(part) for part in line.split()] for line in lines if line.strip()]


def find_landmarks(
    photo: Image.Image, detector: Detector, *, face: int | None = None
) -> np.ndarray:
    """Ask a detector for a face of a photograph.

    Args:
        photo: 8-bit RGB.
        detector: Takes pixels (h, w, 3) and returns landmarks (5, 2) or (68, 2) of every face it
            finds; for example `load_detector("NAME")`.
        face: Which one, counted from 1 at the left; None for the largest.

    Returns:
        (5, 2) or (68, 2), (x, y) pixels.

    Raises:
        MediaError: There is no face, or not as many.
    """
    faces = find_all_landmarks(photo, detector)
    if face is None:
        return max(faces, key=_extent)
    if not 1 <= face <= len(faces):
        raise MediaError(
            f"--face-number is {face} and {len(faces)} were found, counted from the left; give 1"
            + (f" to {len(faces)}" if len(faces) > 1 else "")
        )
    return faces[face - 1]


def find_all_landmarks(photo: Image.Image, detector: Detector) -> list[np.ndarray]:
    """Ask a detector for every face of a photograph, from left to right; see `find_landmarks`.

    Raises:
        MediaError: There is no face.
    """
    faces = [np.asarray(face, dtype=np.float64) for face in detector(np.asarray(photo))]
    if not faces:
        raise MediaError(
            "no face was found (seen from the side, or very small, it is not); give its points with "
            "--landmarks"
        )
    return sorted(faces, key=lambda points: float(points[:, 0].mean()))


def _extent(points: np.ndarray) -> float:
    return float(np.prod(points.max(0) - points.min(0)))
