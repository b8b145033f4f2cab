"""The contact sheet of a batch: what 64 of its rows look like."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from dynode.errors import DynodeError
from dynode.generator import Generator
from dynode.media import fit_to, grid, kind_of, open_clip, read_image, write_image
from dynode_batch.sources import fetched

SAMPLES = 64
_SIDE = 128
_COLUMNS = 8


def write_sheet(
    entries: Sequence[dict[str, Any]], folder: Path, path: Path, generator: Generator | None
) -> None:
    """Draw what rows gave, eight a line: the picture, the first frame, or the picture of the code.

    Args:
        entries: Lines of the journal.
        folder: Where their files are.
        path: Image to write.
        generator: What draws codes.
    """
    tiles = list[torch.Tensor]()
    for entry in entries:
        with contextlib.suppress(DynodeError):  # moved away since; the outputs are whole without it
            source = folder / entry["file"] if entry["file"] else entry["source"]
            with fetched(str(source)) as file:
                tiles.append(_tile(file, generator))
    if tiles:
        write_image(grid(torch.cat(tiles), columns=_COLUMNS), path)


def _tile(file: Path, generator: Generator | None) -> torch.Tensor:
    kind = kind_of(file)
    if kind == "latents" and generator is not None:
        from dynode_batch.work import draw_codes

        pixels = draw_codes(generator, file).clamp(-1, 1).add(1).mul(127.5).round()
        shown = Image.fromarray(pixels[0].permute(1, 2, 0).to(torch.uint8).numpy())
    elif kind == "clip":
        shown = Image.fromarray(np.asarray(next(iter(open_clip(file).frames()))))
    else:
        shown = read_image(file)
    return fit_to(shown, (_SIDE, _SIDE))
