"""Where the face in a photograph or a frame is known from: given points, or a detector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dynode.crop import find_landmarks, load_detector, read_landmarks
from dynode.crop.detecting import ready_detector
from dynode.crop.landmarks import find_all_landmarks
from dynode.errors import UsageError
from dynode.plugins.loaded import Detector

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
        face: Which of the faces that a detector finds, counted from 1 at the left; None for the largest.
        all_faces: All of them, of a photograph that is edited.

    Raises:
        UsageError: Neither points nor a detector are given, or both, or a choice among given points.
    """

    landmarks: str | Path | None = None
    detector: str | None = None
    model: str | Path | None = None
    face: int | None = None
    all_faces: bool = False

    def __post_init__(self) -> None:
        """Check that there is one way."""
        if (self.landmarks is not None) == self.is_detected:
            raise UsageError(
                "the face has to be found in one way; give either --landmarks FILE, or "
                "--face-detector NAME or --face-model FILE"
            )
        if self.face is not None and self.all_faces:
            raise UsageError("--face-number and --all-faces are both given; leave one of them out")
        if self.landmarks is not None and (self.face is not None or self.all_faces):
            raise UsageError(
                "--face-number and --all-faces choose among the faces that a detector finds, and "
                "--landmarks gives the points of one; leave them out"
            )

    @staticmethod
    def ready(face: int | None = None, *, all_faces: bool = False) -> FaceSource | None:
        """Take the first detector that is ready without a file; None where there is none."""
        name = ready_detector()
        return None if name is None else FaceSource(None, name, None, face, all_faces)

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
        detector = self.load()
        self.check_single()
        return lambda photo, name: find_landmarks(photo, detector, face=self.face)

    def check_single(self) -> None:
        """Refuse several faces where one is wanted.

        Raises:
            UsageError: All of them were asked for.
        """
        if self.all_faces:
            raise UsageError(
                "--all-faces is for 'dynode edit' of a photograph; choose one with --face-number"
            )

    def points_of(self, photo: Image.Image, name: str) -> list[np.ndarray]:
        """Find the points of the faces of a photograph that were chosen.

        Args:
            photo: 8-bit RGB.
            name: Its name.

        Raises:
            MediaError: There is no face.
            DynodeError: See `finder`.
        """
        if self.all_faces:
            return find_all_landmarks(photo, self.load())
        return [self.finder()(photo, name)]

    def load(self) -> Detector:
        """Load the detector; see `finder` for the errors."""
        return load_detector(self.detector, None if self.model is None else Path(self.model))
