"""Images and video: read with checks, drawn in grids and strips, written atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.media.clip import open_clip
    from dynode.media.images import fit_to, grid, read_image, write_image
    from dynode.media.kind import kind_of

__all__ = [
    "fit_to",
    "grid",
    "kind_of",
    "open_clip",
    "read_image",
    "write_image",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "fit_to": "dynode.media.images",
        "grid": "dynode.media.images",
        "kind_of": "dynode.media.kind",
        "open_clip": "dynode.media.clip",
        "read_image": "dynode.media.images",
        "write_image": "dynode.media.images",
    },
)
