"""Images and video: read with checks, drawn in grids and strips, written atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.media.clip import open_clip
    from dynode.media.images import fit_to, grid, read_image, write_image
    from dynode.media.kind import kind_of
    from dynode.media.tracks import Sound
    from dynode.media.video import write_video

__all__ = [
    "Sound",
    "fit_to",
    "grid",
    "kind_of",
    "open_clip",
    "read_image",
    "write_image",
    "write_video",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Sound": "dynode.media.tracks",
        "fit_to": "dynode.media.images",
        "grid": "dynode.media.images",
        "kind_of": "dynode.media.kind",
        "open_clip": "dynode.media.clip",
        "read_image": "dynode.media.images",
        "write_image": "dynode.media.images",
        "write_video": "dynode.media.video",
    },
)
