"""Images and video: read with checks, drawn in grids and strips, written atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.media.clip import Clip, open_clip
    from dynode.media.containers import opened
    from dynode.media.framing import WholePicture
    from dynode.media.images import check_image_name, fit_to, grid, read_image, write_image
    from dynode.media.kind import kind_of
    from dynode.media.picture_set import PICTURE_SUFFIXES, PictureSet, open_pictures
    from dynode.media.segments import Segment, write_segments
    from dynode.media.suffixes import IMAGE_SUFFIXES
    from dynode.media.tracks import Sound
    from dynode.media.video import write_video

__all__ = [
    "Clip",
    "IMAGE_SUFFIXES",
    "PICTURE_SUFFIXES",
    "PictureSet",
    "Segment",
    "Sound",
    "WholePicture",
    "check_image_name",
    "fit_to",
    "grid",
    "kind_of",
    "open_clip",
    "open_pictures",
    "opened",
    "read_image",
    "write_image",
    "write_segments",
    "write_video",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Clip": "dynode.media.clip",
        "IMAGE_SUFFIXES": "dynode.media.suffixes",
        "PICTURE_SUFFIXES": "dynode.media.picture_set",
        "PictureSet": "dynode.media.picture_set",
        "Segment": "dynode.media.segments",
        "Sound": "dynode.media.tracks",
        "WholePicture": "dynode.media.framing",
        "check_image_name": "dynode.media.images",
        "fit_to": "dynode.media.images",
        "grid": "dynode.media.images",
        "kind_of": "dynode.media.kind",
        "open_clip": "dynode.media.clip",
        "open_pictures": "dynode.media.picture_set",
        "opened": "dynode.media.containers",
        "read_image": "dynode.media.images",
        "write_image": "dynode.media.images",
        "write_segments": "dynode.media.segments",
        "write_video": "dynode.media.video",
    },
)
