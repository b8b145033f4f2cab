"""Images and video: read with checks, drawn in grids and strips, written atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.media.clip import open_clip
    from dynode.media.kind import kind_of

__all__ = [
    "kind_of",
    "open_clip",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "kind_of": "dynode.media.kind",
        "open_clip": "dynode.media.clip",
    },
)
