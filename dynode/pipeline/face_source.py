"""Where the face in a photograph or a frame is known from: given points, or a detector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dynode.crop import find_landmarks, load_detector, read_landmarks
from dynode.errors import UsageError

FindFace = Callable[[Image.Image, str], np.ndarray]
"""Finds the points of the face of a photograph, given with its name."""


@dataclass(frozen=True)
class FaceSource:
    """What tells where a face is: points in a file, or a face detector.

    Attributes:
        landmarks: File with the points of one face, of each picture by its name, or of each frame:
            `.json`, `.npy`, or text for one face.
        detector: Name of a face detector (`dynode plugins`).
        model: File for the detector; alone, for the only one that reads a file.

    Raises:
        UsageError: Neither points nor a detector are given, or both.
    """

    landmarks: str | Path | None = None
    detector: str | None = None
    model: str | Path | None = None

    def __post_init__(self) -> None:
        """Check that there is one way."""
        if (self.landmarks is not None) == self.is_detected:
            raise UsageError(
                "the face has to be found in one way; give either --landmarks FILE, or "
                "--face-detector NAME or --face-model FILE"
            )

    @property
    def is_detected(self) -> bool:
        """Whether a detector looks for it."""
        return self.detector is not None or self.model is not None

    @property
    def points_file(self) -> Path | None:
        """The file with its points."""
        return None if self.landmarks is None else Path(self.landmarks)

    def finder(self) -> FindFace:
        """Load what finds the face of a photograph.

        Raises:
            UsageError: The detector cannot be used.
            MissingWeightsError: It needs a file that is not there.
            PluginError: It broke its contract.
        """
        points = self.points_file
        if points is not None:
            return lambda photo, name: read_landmarks(points, name)
        model = None if self.model is None else Path(self.model)
        detector = load_detector(self.detector, model)
        return lambda photo, name: find_landmarks(photo, detector)
