"""Faces out of photographs and back: aligned crops as FFHQ's, and pasting with a soft edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.crop.align import crop_face
    from dynode.crop.conventions import (
        Convention,
        convention_of,
    )
    from dynode.crop.detecting import load_detector
    from dynode.crop.geometry import (
        FaceFrame,
        frame_of,
    )
    from dynode.crop.landmarks import (
        find_landmarks,
        read_landmarks,
    )
    from dynode.crop.paste import (
        paste_face,
        paste_into,
    )

__all__ = [
    "Convention",
    "FaceFrame",
    "convention_of",
    "crop_face",
    "find_landmarks",
    "frame_of",
    "load_detector",
    "paste_face",
    "paste_into",
    "read_landmarks",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Convention": "dynode.crop.conventions",
        "convention_of": "dynode.crop.conventions",
        "FaceFrame": "dynode.crop.geometry",
        "crop_face": "dynode.crop.align",
        "find_landmarks": "dynode.crop.landmarks",
        "frame_of": "dynode.crop.geometry",
        "load_detector": "dynode.crop.detecting",
        "paste_face": "dynode.crop.paste",
        "paste_into": "dynode.crop.paste",
        "read_landmarks": "dynode.crop.landmarks",
    },
)
