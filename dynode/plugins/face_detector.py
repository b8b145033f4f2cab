"""Face detectors: where the landmarks of faces in photographs come from."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from dynode.plugins.methods import Plugin

if TYPE_CHECKING:
    from pathlib import Path

    from dynode.plugins.loaded import Detector


class FaceDetector(Plugin):
    """A finder of the landmarks of faces in photographs.

    Attributes:
        takes_model: Whether it reads a file of the user's; the only such detector is the one that is
            meant where a file is given and no name.
        check_photo: A picture that shows a face, for its checks; None takes drawn ones.
    """

    takes_model: ClassVar[bool] = False
    check_photo: ClassVar[Path | None] = None

    def is_ready(self) -> bool:
        """Say whether it can be loaded without a file; a detector that is ready is used by default."""
        return not self.takes_model

    @abstractmethod
    def load(self, model: Path | None = None) -> Detector:
        """Load the detector.

        Args:
            model: The user's file; None if there is none, and always without `takes_model`.

        Raises:
            MissingWeightsError: It needs a file and has none, or it is not there.
        """
