"""Five points of every face from the mesh of MediaPipe's face landmarker."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dynode.errors import MissingWeightsError, UsageError

# Of the mesh of 478 points: corners and lids of both eyes, tip of the nose, corners of the mouth.
_LEFT_EYE, _RIGHT_EYE = (33, 133, 159, 145), (362, 263, 386, 374)
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 1, 61, 291
_MOST_FACES = 8


class FaceLandmarker:
    """Finds the five points of every face; at most eight faces.

    Args:
        model: MediaPipe's `face_landmarker.task`.

    Raises:
        UsageError: MediaPipe is not installed.
        MissingWeightsError: There is no such file.
    """

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise MissingWeightsError(
                f"{model} does not exist; give MediaPipe's face_landmarker.task, downloaded from its site"
            )
        try:
            import mediapipe
        except ModuleNotFoundError as error:
            raise UsageError(
                "finding faces needs MediaPipe, which is not installed; run 'pip install "
                "dynode-gan[mediapipe]', or give the points with --landmarks"
            ) from error
        tasks = mediapipe.tasks
        options = tasks.vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(model)), num_faces=_MOST_FACES
        )
        self._landmarker = tasks.vision.FaceLandmarker.create_from_options(options)
        self._mediapipe = mediapipe

    def __call__(self, pixels: np.ndarray, /) -> list[np.ndarray]:
        """Find the five points of every face in (h, w, 3) 8 bit RGB; see `dynode.plugins.Detector`."""
        kind = self._mediapipe.ImageFormat.SRGB
        image = self._mediapipe.Image(image_format=kind, data=np.ascontiguousarray(pixels))
        height, width = pixels.shape[:2]
        found = self._landmarker.detect(image).face_landmarks
        meshes = [np.array([(p.x * width, p.y * height) for p in mesh]) - 0.5 for mesh in found]
        return [five_points(mesh) for mesh in meshes]


def five_points(mesh: np.ndarray) -> np.ndarray:
    """Take eyes, nose and corners of the mouth, (5, 2), from the points of a face mesh."""
    eyes = [mesh[list(indices)].mean(0) for indices in (_LEFT_EYE, _RIGHT_EYE)]
    return np.stack([*eyes, mesh[_NOSE], mesh[_MOUTH_LEFT], mesh[_MOUTH_RIGHT]])
