"""The steps from a source to a picture, as plain functions behind the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.pipeline.applying import flag_of, refuse_what_does_not_apply
    from dynode.pipeline.choosing import ReadyInverter
    from dynode.pipeline.clip_codes import invert_clip
    from dynode.pipeline.codes import read_codes
    from dynode.pipeline.directions import ready_directions
    from dynode.pipeline.drawing import segments
    from dynode.pipeline.exchange import limit_rows
    from dynode.pipeline.faces import find_faces
    from dynode.pipeline.frame_files import check_frames_name, save_frames, tiled
    from dynode.pipeline.generate import check_codes_name, synthesize_batches
    from dynode.pipeline.library import file_stems, motion_path, still_library
    from dynode.pipeline.naming import Named, split_strength, with_strength
    from dynode.pipeline.report import conflicts
    from dynode.pipeline.score import Score, is_score
    from dynode.pipeline.seeds import chosen_seeds, parse_seeds, sample_seeds
    from dynode.pipeline.signing import sign
    from dynode.pipeline.source import open_source
    from dynode.pipeline.source_kinds import SourceKind, source_kind
    from dynode.pipeline.written import Written

__all__ = [
    "Named",
    "ReadyInverter",
    "Score",
    "SourceKind",
    "Written",
    "check_codes_name",
    "check_frames_name",
    "chosen_seeds",
    "conflicts",
    "file_stems",
    "find_faces",
    "flag_of",
    "invert_clip",
    "is_score",
    "limit_rows",
    "motion_path",
    "open_source",
    "parse_seeds",
    "read_codes",
    "ready_directions",
    "refuse_what_does_not_apply",
    "sample_seeds",
    "save_frames",
    "segments",
    "sign",
    "source_kind",
    "split_strength",
    "still_library",
    "synthesize_batches",
    "tiled",
    "with_strength",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Named": "dynode.pipeline.naming",
        "ReadyInverter": "dynode.pipeline.choosing",
        "Score": "dynode.pipeline.score",
        "SourceKind": "dynode.pipeline.source_kinds",
        "Written": "dynode.pipeline.written",
        "check_codes_name": "dynode.pipeline.generate",
        "check_frames_name": "dynode.pipeline.frame_files",
        "chosen_seeds": "dynode.pipeline.seeds",
        "conflicts": "dynode.pipeline.report",
        "file_stems": "dynode.pipeline.library",
        "find_faces": "dynode.pipeline.faces",
        "flag_of": "dynode.pipeline.applying",
        "invert_clip": "dynode.pipeline.clip_codes",
        "is_score": "dynode.pipeline.score",
        "limit_rows": "dynode.pipeline.exchange",
        "motion_path": "dynode.pipeline.library",
        "open_source": "dynode.pipeline.source",
        "parse_seeds": "dynode.pipeline.seeds",
        "read_codes": "dynode.pipeline.codes",
        "ready_directions": "dynode.pipeline.directions",
        "refuse_what_does_not_apply": "dynode.pipeline.applying",
        "sample_seeds": "dynode.pipeline.seeds",
        "save_frames": "dynode.pipeline.frame_files",
        "segments": "dynode.pipeline.drawing",
        "sign": "dynode.pipeline.signing",
        "source_kind": "dynode.pipeline.source_kinds",
        "split_strength": "dynode.pipeline.naming",
        "still_library": "dynode.pipeline.library",
        "synthesize_batches": "dynode.pipeline.generate",
        "tiled": "dynode.pipeline.frame_files",
        "with_strength": "dynode.pipeline.naming",
    },
    ("calibrate", "convert", "directions", "exchange", "health", "library"),
)
