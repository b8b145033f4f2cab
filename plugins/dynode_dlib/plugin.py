"""Hook of the dlib plugin: a face detector; dlib itself is imported when it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dynode
from dynode.plugins import Detector


class DlibDetector(dynode.FaceDetector):
    """dlib's frontal faces with 68 points each, ready without a network once it is installed.

    Source:
        King 2009, Dlib-ml; King 2015, Max-Margin Object Detection, arXiv:1502.00046; Kazemi and
        Sullivan 2014, One Millisecond Face Alignment. The files are those of the package
        face-recognition-models: the 68 points were trained on iBUG 300-W, whose licence excludes
        commercial use; the finder of faces on ImageNet, AFLW, Pascal VOC, VGG Face, WIDER and
        FaceScrub; the recogniser on FaceScrub, VGG Face and faces of the web.
        Deviation: tilted pictures are looked at too, doubtful finds are looked at again by the
        network, and points are fitted in the face's own upright frame, see `LandmarkFinder`.
    """

    name = "dlib"
    summary = "dlib's 68 points; its networks come with the extra 'faces' (points: non-commercial)"

    def is_ready(self) -> bool:
        """Say whether dlib and its networks are installed."""
        from dynode_dlib.files import is_installed

        return is_installed()

    def load(self, model: Path | None = None) -> Detector:
        """Load the detector.

        Args:
            model: Not read; the networks come with the package.

        Raises:
            UsageError: dlib is not installed.
            MissingWeightsError: Its networks are not.
        """
        from dynode_dlib.finder import LandmarkFinder

        return LandmarkFinder()


@dynode.hookimpl
def register_face_detectors(register: Callable[[dynode.FaceDetector], None]) -> None:
    """Contribute dlib."""
    register(DlibDetector())
