"""Checkpoints in every published layout: read, describe, write.

The layout is found from the content, never from the file's name. There is one module per layout;
`layouts` is the table of them, `unwrapping` the stage that finds networks however they are wrapped.
"""

from __future__ import annotations

from dynode.stylegan2.checkpoints.checkpoint import Checkpoint, CheckpointSummary, Part
from dynode.stylegan2.checkpoints.layouts import Layout, layout_of_suffix, written_layouts
from dynode.stylegan2.checkpoints.reading import inspect_checkpoint, read_checkpoint
from dynode.stylegan2.checkpoints.writing import write_checkpoint

__all__ = [
    "Checkpoint",
    "CheckpointSummary",
    "Layout",
    "Part",
    "inspect_checkpoint",
    "layout_of_suffix",
    "read_checkpoint",
    "write_checkpoint",
    "written_layouts",
]
