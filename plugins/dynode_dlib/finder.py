"""Find faces at any tilt, and fit 68 points to each in its own upright frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from dynode.crop import crop_face, frame_of
from dynode_dlib.files import dlib_module, network_file

_LONGEST = 1600  # pixels of the longer side that is searched upright; half of it tilted
_TILTS = (
    0.0,
    30.0,
    -30.0,
)  # degrees; the detector itself finds faces up to about 20 to either side
_CERTAIN = 0.5  # score from which a find needs no second look; dlib's own threshold is 0
_PATCH, _FACE = 200, 100  # pixels of what the network looks at again, and of the face in it
_UPRIGHT = 256  # pixels of the frame that points are fitted in
_BOX = (65, 93, 189, 217)  # where dlib's detector sees the face of an FFHQ frame of 256 pixels
_FITS = 2  # each starts from the frame of the one before


@cache
def _loaded(kind: str, path: str) -> Any:  # of dlib, which has no types
    """Read a network once for the process; none of them keeps anything between two pictures."""
    return getattr(dlib_module(), kind)(path)


@dataclass(frozen=True)
class _Seen:
    """A square around a face in the photograph, and where dlib saw it."""

    centre: np.ndarray
    side: float
    tilt: float
    score: float


class LandmarkFinder:
    """Finds 68 points of every face that looks towards the camera, with a score.

    Faces of 40 pixels and more are found (larger ones in pictures of more than 1600 pixels), turned in
    the picture by up to about 50 degrees. Of finds that are doubtful those stay that dlib's network
    confirms.

    Raises:
        UsageError: dlib is not installed.
        MissingWeightsError: Its networks are not.
    """

    def __init__(self) -> None:
        self._dlib: Any = dlib_module()
        self._detect = self._dlib.get_frontal_face_detector()
        points = network_file("shape_predictor_68_face_landmarks.dat")
        self._fit = _loaded("shape_predictor", points)

    def __call__(self, pixels: np.ndarray, /) -> list[np.ndarray]:
        """Find the points of every face in (h, w, 3) 8 bit RGB; see `dynode.plugins.Detector`."""
        return [points for points, _ in self.scored(pixels)]

    def scored(self, pixels: np.ndarray, /) -> list[tuple[np.ndarray, float]]:
        """Find the points of every face, each with how certain it is: above 0, usually up to 3."""
        photo = Image.fromarray(pixels)
        seen = _distinct([one for tilt in _TILTS for one in self._seen(photo, tilt)])
        sure = [one for one in seen if one.score >= _CERTAIN or self._is_confirmed(photo, one)]
        return [(self._points(photo, one), one.score) for one in sure]

    def describe(self, pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Describe whose face it is: (128,) float64; see `dynode.plugins.Recogniser`."""
        path = network_file("dlib_face_recognition_resnet_model_v1.dat")
        recogniser = _loaded("face_recognition_model_v1", path)
        told = self._dlib.points([self._dlib.point(*map(round, one)) for one in points.tolist()])
        left, top = np.floor(points.min(0)).astype(int).tolist()
        right, bottom = np.ceil(points.max(0)).astype(int).tolist()
        box = self._dlib.rectangle(left, top, right, bottom)
        shape = self._dlib.full_object_detection(box, told)
        found = recogniser.compute_face_descriptor(np.ascontiguousarray(pixels), shape)
        return np.array(found)

    def _seen(self, photo: Image.Image, tilt: float) -> list[_Seen]:
        """Look at the photograph turned by `tilt` degrees."""
        longest = _LONGEST if tilt == 0 else _LONGEST // 2
        scale = min(1.0, longest / max(photo.size))
        size = (max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))
        small = photo if scale == 1 else photo.resize(size, Image.Resampling.LANCZOS)
        turned = small.rotate(tilt, Image.Resampling.BILINEAR, expand=True) if tilt else small
        boxes, scores, _ = self._detect.run(np.asarray(turned), 1, 0.0)
        back = _turn(tilt) / scale
        found = list[_Seen]()
        for box, score in zip(boxes, scores, strict=True):
            middle = np.array([box.left() + box.width() / 2, box.top() + box.height() / 2])
            centre = back @ (middle - np.array(turned.size) / 2) + np.array(photo.size) / 2
            found.append(_Seen(centre, box.width() / scale, tilt, float(score)))
        return found

    def _is_confirmed(self, photo: Image.Image, seen: _Seen) -> bool:
        """Ask the network, which is slow and seldom wrong, about the place of a doubtful find."""
        path = network_file("mmod_human_face_detector.dat")
        network = _loaded("cnn_face_detection_model_v1", path)
        patch = _patch(photo, seen, seen.side / _FACE, _PATCH)
        middle = _PATCH / 2
        return any(
            found.rect.contains(self._dlib.point(round(middle), round(middle)))
            for found in network(np.asarray(patch), 0)
        )

    def _points(self, photo: Image.Image, seen: _Seen) -> np.ndarray:
        """Fit the points, first in dlib's box, then in the upright frame of what was found."""
        scale = seen.side / _FACE
        patch = _patch(photo, seen, scale, _PATCH)
        middle, half = _PATCH // 2, _FACE // 2
        points = self._fitted(patch, (middle - half, middle - half, middle + half, middle + half))
        points = (points + 0.5 - _PATCH / 2) * scale @ _turn(seen.tilt).T + seen.centre - 0.5
        for _ in range(_FITS):
            frame = frame_of(points)
            found = self._fitted(crop_face(photo, frame, _UPRIGHT), _BOX) + 0.5
            matrix = frame.to_photo(_UPRIGHT)
            points = np.asarray(found @ matrix[:, :2].T + matrix[:, 2] - 0.5)
        return points

    def _fitted(self, picture: Image.Image, box: tuple[int, int, int, int]) -> np.ndarray:
        found = self._fit(np.asarray(picture), self._dlib.rectangle(*box))
        return np.array([(point.x, point.y) for point in found.parts()], dtype=np.float64)


def _turn(tilt: float) -> np.ndarray:
    """Return the matrix from offsets in a picture that was turned back to those in the photograph."""
    angle = np.radians(tilt)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _patch(photo: Image.Image, seen: _Seen, scale: float, size_px: int) -> Image.Image:
    """Cut a square around a find, turned and sized as it was seen."""
    reduced = max(int(scale / 2), 1)
    turn = _turn(seen.tilt) * scale
    shift = seen.centre - turn @ np.full(2, size_px / 2)
    if reduced > 1:
        photo, turn, shift = photo.reduce(reduced), turn / reduced, shift / reduced
    rows = np.concatenate([turn, shift[:, None]], axis=1)
    return photo.transform(
        (size_px, size_px),
        Image.Transform.AFFINE,
        tuple(rows.flatten().tolist()),
        Image.Resampling.BILINEAR,
    )


def _distinct(seen: list[_Seen]) -> list[_Seen]:
    """Keep the best of finds of the same face."""
    kept = list[_Seen]()
    for one in sorted(seen, key=lambda each: -each.score):
        apart = (float(np.hypot(*(one.centre - other.centre))) for other in kept)
        if all(d > 0.5 * max(one.side, k.side) for d, k in zip(apart, kept, strict=True)):
            kept.append(one)
    return kept
