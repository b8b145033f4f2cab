"""Checkpoints in every published layout: read, describe, write.

The layout is found from the content, never from the file's name. There is one module per layout;
`layouts` is the table of them, `unwrapping` the stage that finds networks however they are wrapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.stylegan2.checkpoints.checkpoint import (
        Checkpoint,
        CheckpointSummary,
        Part,
    )
    from dynode.stylegan2.checkpoints.expressing import refuse_inexpressible
    from dynode.stylegan2.checkpoints.inference import (
        checked_resolution,
        count_of,
        filter_taps,
        largest_block,
        size_of,
    )
    from dynode.stylegan2.checkpoints.layouts import (
        Layout,
        layout_of_suffix,
        written_layouts,
    )
    from dynode.stylegan2.checkpoints.reading import (
        inspect_checkpoint,
        read_checkpoint,
    )
    from dynode.stylegan2.checkpoints.rosinality import generator_entries
    from dynode.stylegan2.checkpoints.rosinality_writer import generator_kernels
    from dynode.stylegan2.checkpoints.writing import write_checkpoint

__all__ = [
    "Checkpoint",
    "CheckpointSummary",
    "Layout",
    "Part",
    "checked_resolution",
    "count_of",
    "filter_taps",
    "generator_entries",
    "generator_kernels",
    "inspect_checkpoint",
    "largest_block",
    "layout_of_suffix",
    "read_checkpoint",
    "refuse_inexpressible",
    "size_of",
    "write_checkpoint",
    "written_layouts",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Checkpoint": "dynode.stylegan2.checkpoints.checkpoint",
        "CheckpointSummary": "dynode.stylegan2.checkpoints.checkpoint",
        "Layout": "dynode.stylegan2.checkpoints.layouts",
        "Part": "dynode.stylegan2.checkpoints.checkpoint",
        "checked_resolution": "dynode.stylegan2.checkpoints.inference",
        "count_of": "dynode.stylegan2.checkpoints.inference",
        "filter_taps": "dynode.stylegan2.checkpoints.inference",
        "generator_entries": "dynode.stylegan2.checkpoints.rosinality",
        "generator_kernels": "dynode.stylegan2.checkpoints.rosinality_writer",
        "inspect_checkpoint": "dynode.stylegan2.checkpoints.reading",
        "largest_block": "dynode.stylegan2.checkpoints.inference",
        "layout_of_suffix": "dynode.stylegan2.checkpoints.layouts",
        "read_checkpoint": "dynode.stylegan2.checkpoints.reading",
        "refuse_inexpressible": "dynode.stylegan2.checkpoints.expressing",
        "size_of": "dynode.stylegan2.checkpoints.inference",
        "write_checkpoint": "dynode.stylegan2.checkpoints.writing",
        "written_layouts": "dynode.stylegan2.checkpoints.layouts",
    },
)
