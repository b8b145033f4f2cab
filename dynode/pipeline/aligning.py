"""Cut faces out of photographs on the way into an inverter, and put edited ones back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from dynode import files
from dynode.crop import (
    FaceFrame,
    crop_face,
    find_landmarks,
    frame_of,
    load_detector,
    paste_face,
    read_landmarks,
)
from dynode.errors import UsageError
from dynode.media.images import check_image_name, read_image, write_image
from dynode.pipeline.invert import Align


def aligner(
    size_px: int,
    *,
    landmarks: Path | None = None,
    face_detector: str | None = None,
    face_model: Path | None = None,
) -> Align:
    """Make the step that cuts the face out of a photograph, for the `align` of `dynode.invert`.

    Args:
        size_px: Side of the crops.
        landmarks: File with the points of one face, or of each picture by its name.
        face_detector: Name of a face detector, where there are no landmarks.
        face_model: File for the detector; alone, for the only one that reads a file.
    """
    find = _Finder(landmarks, face_detector, face_model)

    def align(photo: Image.Image, path: Path) -> Image.Image:
        return crop_face(photo, frame_of(find(photo, path)), size_px)

    return align


def align_file(
    source: Path,
    output: Path,
    *,
    landmarks: Path | None = None,
    face_detector: str | None = None,
    face_model: Path | None = None,
    size_px: int = 1024,
    force: bool = False,
) -> Path:
    """Cut the face out of a photograph into a file, and write where it was beside it.

    Args:
        source: The photograph.
        output: Image to write.
        landmarks: File with the points of the face.
        face_detector: Name of a face detector, where there are no landmarks.
        face_model: File for the detector; alone, for the only one that reads a file.
        size_px: Side of the crop.
        force: Replace outputs that exist.

    Returns:
        The description of the crop, for `paste_file`.
    """
    beside = output.with_suffix(".crop.json")
    check_image_name(output)
    for path in (output, beside):
        files.check_free(path, force=force)
    photo = read_image(source)
    frame = frame_of(_Finder(landmarks, face_detector, face_model)(photo, source))
    write_image(crop_face(photo, frame, size_px), output)
    frame.save(beside)
    return beside


def paste_file(
    source: Path,
    edited: Path,
    output: Path,
    *,
    crop: Path,
    original: Path | None = None,
    feather: float = 0.15,
    force: bool = False,
) -> None:
    """Put an edited crop back into its photograph.

    Args:
        source: The photograph.
        edited: The edited crop.
        output: Image to write.
        crop: What `align_file` wrote beside the crop.
        original: The crop before the edit, to paste only the difference.
        feather: Width of the soft edge, as a part of the crop's side.
        force: Replace an output that exists.
    """
    check_image_name(output)
    files.check_free(output, force=force)
    before = read_image(original) if original is not None else None
    frame = FaceFrame.load(crop)
    pasted = paste_face(
        read_image(source), read_image(edited), frame, original=before, feather=feather
    )
    write_image(pasted, output)


class _Finder:
    """Finds the points of the face of a photograph, given with its path."""

    def __init__(
        self, landmarks: Path | None, face_detector: str | None, face_model: Path | None
    ) -> None:
        is_detected = face_detector is not None or face_model is not None
        if (landmarks is not None) == is_detected:
            raise UsageError(
                "the face has to be found in one way; give either --landmarks FILE, or --face-detector "
                "NAME or --face-model FILE"
            )
        self._landmarks = landmarks
        self._detector = load_detector(face_detector, face_model) if is_detected else None

    def __call__(self, photo: Image.Image, path: Path) -> np.ndarray:
        if self._detector is not None:
            return find_landmarks(photo, self._detector)
        assert self._landmarks is not None
        return read_landmarks(self._landmarks, path.name)
