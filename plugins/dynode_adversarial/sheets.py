"""Samples of a training as files: real and made pictures side by side, and made clips."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode.files import written
from dynode.media import grid, write_video
from dynode_adversarial.batch import Samples


def write_samples(samples: Samples, folder: Path, done: int) -> None:
    """Write `real.png` once, `made-<step>.png`, and of clips `made-<step>.mp4`.

    Args:
        samples: What to show.
        folder: Of the run.
        done: Steps so far.
    """
    _save(samples.real, samples.columns, folder / "real.png")
    _save(samples.made, samples.columns, folder / f"made-{done:06d}.png")
    if samples.moving is not None:
        write_video(_tiled(samples.moving), folder / f"made-{done:06d}.mp4", fps=samples.fps)


def _save(pictures: Tensor, columns: int, path: Path) -> None:
    with written(path) as temporary:
        grid(pictures.cpu(), columns=columns).save(temporary)


def _tiled(moving: Tensor) -> Iterator[Tensor]:
    """Lay clips out side by side: (1, 3, h, w) a frame, sides even as codecs need them."""
    columns = math.ceil(len(moving) ** 0.5)
    for frames in moving.cpu().unbind(1):
        tile = np.asarray(grid(frames, columns=columns), dtype=np.float32)
        height, width = (side // 2 * 2 for side in tile.shape[:2])
        yield torch.from_numpy(tile[:height, :width]).permute(2, 0, 1)[None] / 127.5 - 1
