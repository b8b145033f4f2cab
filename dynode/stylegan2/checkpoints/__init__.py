"""Checkpoints in every published layout: read, describe, write. One module per layout.

The layout is found from the content, never from the file's name:

- `rosinality`: `.pt` of stylegan2-pytorch (`g_ema`, `g`, `d`, `latent_avg`);
- `encoder`: pSp, e4e, ReStyle and StyleCLIP checkpoints that carry a generator as `decoder.`;
- `nvlabs`: `.pkl` of stylegan2-ada-pytorch (`G_ema`, `G`, `D`);
- `dynode`: safetensors with the networks' shapes in the metadata.
"""

from __future__ import annotations

from dynode.stylegan2.checkpoints.checkpoint import Checkpoint, CheckpointSummary, Part
from dynode.stylegan2.checkpoints.reading import inspect_checkpoint, read_checkpoint
from dynode.stylegan2.checkpoints.writing import LAYOUTS, write_checkpoint

__all__ = [
    "LAYOUTS",
    "Checkpoint",
    "CheckpointSummary",
    "Part",
    "inspect_checkpoint",
    "read_checkpoint",
    "write_checkpoint",
]
