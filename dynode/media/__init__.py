"""Images and video: read with checks, drawn in grids and strips, written atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.media.clip import open_clip

__all__ = [
    "open_clip",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "open_clip": "dynode.media.clip",
    },
)
