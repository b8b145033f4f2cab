"""Hook of the MediaPipe plugin: a face detector; MediaPipe itself is imported when it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dynode
from dynode.errors import MissingWeightsError
from dynode.plugins import Detector


class MediapipeDetector(dynode.FaceDetector):
    """MediaPipe's face landmarker: eyes, nose and mouth from its mesh of 478 points.

    Source:
        Lugaresi et al. 2019, MediaPipe, arXiv:1906.08172. The five points are ours: the means of the
        corners and lids of both eyes, the tip of the nose, the corners of the mouth.
    """

    name = "mediapipe"
    summary = "MediaPipe's face landmarker, from your face_landmarker.task (extra 'mediapipe')"
    takes_model = True

    def load(self, model: Path | None = None) -> Detector:
        """Load the landmarker.

        Args:
            model: MediaPipe's `face_landmarker.task`; None for the one that was fetched.

        Raises:
            MissingWeightsError: No file was given or fetched, or it is not there.
            UsageError: MediaPipe is not installed.
        """
        from dynode.models import weights_for

        model = model or weights_for("face detector", self.name)
        if model is None:
            raise MissingWeightsError(
                "the face detector 'mediapipe' has no model; expected MediaPipe's face_landmarker.task: "
                "fetch it with 'dynode models fetch face-landmarker', or give it with --face-model FILE"
            )
        from dynode_mediapipe.landmarker import FaceLandmarker

        return FaceLandmarker(model)


@dynode.hookimpl
def register_face_detectors(register: Callable[[dynode.FaceDetector], None]) -> None:
    """Contribute MediaPipe."""
    register(MediapipeDetector())
