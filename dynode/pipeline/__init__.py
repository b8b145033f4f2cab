"""The steps from a source to a picture, as plain functions behind the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.pipeline.clip_codes import invert_clip
    from dynode.pipeline.codes import read_codes
    from dynode.pipeline.signing import sign

__all__ = [
    "invert_clip",
    "read_codes",
    "sign",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "invert_clip": "dynode.pipeline.clip_codes",
        "read_codes": "dynode.pipeline.codes",
        "sign": "dynode.pipeline.signing",
    },
    ("calibrate", "convert", "directions", "exchange", "health", "library"),
)
