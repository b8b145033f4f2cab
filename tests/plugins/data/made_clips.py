"""Small data sets whose frames tell clip and place by their colour."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image


def write_clips(
    folder: Path,
    lengths: Mapping[str, int],
    *,
    size: tuple[int, int] = (16, 16),
    name: str = "{:06d}.png",
) -> Path:
    """Write clips: red tells the clip, green the place of the frame."""
    for index, (clip, length) in enumerate(lengths.items()):
        for place in range(length):
            pixels = np.full((*size, 3), (40 * index, 10 * place, 0), np.uint8)
            path = folder / clip / name.format(place)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return folder


def zipped(folder: Path, *, root: str = "") -> Path:
    """Pack a folder without entries for folders, as other tools do."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, f"{root}{file.relative_to(folder)}")
    return path
