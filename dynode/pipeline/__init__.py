"""The steps from a source to a picture, as plain functions behind the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.pipeline.choosing import ReadyInverter
    from dynode.pipeline.clip_codes import invert_clip
    from dynode.pipeline.codes import read_codes
    from dynode.pipeline.directions import ready_directions
    from dynode.pipeline.exchange import limit_rows
    from dynode.pipeline.faces import find_faces
    from dynode.pipeline.library import file_stems
    from dynode.pipeline.naming import split_strength
    from dynode.pipeline.report import conflicts
    from dynode.pipeline.score import Score
    from dynode.pipeline.signing import sign

__all__ = [
    "ReadyInverter",
    "Score",
    "conflicts",
    "file_stems",
    "find_faces",
    "invert_clip",
    "limit_rows",
    "read_codes",
    "ready_directions",
    "sign",
    "split_strength",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "ReadyInverter": "dynode.pipeline.choosing",
        "Score": "dynode.pipeline.score",
        "conflicts": "dynode.pipeline.report",
        "file_stems": "dynode.pipeline.library",
        "find_faces": "dynode.pipeline.faces",
        "invert_clip": "dynode.pipeline.clip_codes",
        "limit_rows": "dynode.pipeline.exchange",
        "read_codes": "dynode.pipeline.codes",
        "ready_directions": "dynode.pipeline.directions",
        "sign": "dynode.pipeline.signing",
        "split_strength": "dynode.pipeline.naming",
    },
    ("calibrate", "convert", "directions", "exchange", "health", "library"),
)
