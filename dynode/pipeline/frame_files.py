"""Frames of several videos into a file: a video, a folder of pictures, or a zip of folders."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode import files
from dynode.errors import MediaError
from dynode.media.images import grid, to_uint8
from dynode.media.video import check_video_suffix, write_video
from dynode.pipeline.written import Written


def check_frames_name(path: Path) -> None:
    """Refuse a name that is no video's, zip's or folder's.

    Raises:
        MediaError: No format has this suffix.
    """
    if path.suffix and path.suffix.lower() != ".zip":
        check_video_suffix(path)


def save_frames(chunks: Iterable[Tensor], path: Path, *, fps: float, columns: int) -> Written:
    """Write frames as they come; the file or folder appears only when it is whole.

    Args:
        chunks: (videos, frames, 3, h, w) float in [-1, 1], RGB.
        path: A video's name: the videos side by side; no suffix: a folder of such pictures; `.zip`:
            a folder of PNGs for each video, as data sets are laid out.
        fps: Frames a second.
        columns: Videos a row.

    Returns:
        The file, and the frames of one video.

    Raises:
        MediaError: No format has this suffix.
    """
    check_frames_name(path)
    if path.suffix.lower() == ".zip":
        with files.written(path) as temporary:
            return Written(path, _write_zip(chunks, temporary, path.stem))
    tiles = tiled(chunks, columns)
    if path.suffix:
        return Written(path, write_video(tiles, path, fps=fps))
    return Written(path, _write_folder(tiles, path))


def tiled(chunks: Iterable[Tensor], columns: int) -> Iterator[Tensor]:
    """Lay the videos out side by side: (frames, 3, h, w)."""
    for chunk in chunks:
        if len(chunk) == 1:
            yield chunk[0]
            continue
        for index in range(chunk.shape[1]):
            tile = np.asarray(grid(chunk[:, index], columns=columns), dtype=np.float32)
            yield torch.from_numpy(tile).permute(2, 0, 1)[None] / 127.5 - 1


def _write_folder(tiled: Iterable[Tensor], path: Path) -> int:
    from PIL import Image

    _refuse_strange(path)
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=files.UNFINISHED) as folder:
        made = Path(folder) / path.name
        made.mkdir()
        for batch in tiled:
            for pixels in to_uint8(batch).numpy():
                Image.fromarray(pixels).save(made / f"{count:06d}.png")
                count += 1
        if path.is_dir():
            shutil.rmtree(path)
        made.rename(path)
    return count


def _refuse_strange(path: Path) -> None:
    """Refuse to replace what is no folder of frames.

    Raises:
        MediaError: It is a file, or holds something else.
    """
    if not path.exists():
        return
    held = [path] if path.is_file() else list(path.iterdir())
    strange = [f.name for f in held if not (f.suffix == ".png" and f.stem.isdecimal())]
    if strange or path.is_file():
        raise MediaError(
            f"{path} is to be a folder of frames, and {strange[0] if strange else path.name} is no "
            "numbered frame; give an empty folder or a new one"
        )


def _write_zip(chunks: Iterable[Tensor], path: Path, root: str) -> int:
    from PIL import Image

    done = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.mkdir(root)
        for chunk in chunks:
            for video, frames in enumerate(chunk):
                if done == 0:
                    archive.mkdir(f"{root}/{video:06d}")
                for index, pixels in enumerate(to_uint8(frames).numpy(), done):
                    held = io.BytesIO()
                    Image.fromarray(pixels).save(held, "PNG")
                    archive.writestr(f"{root}/{video:06d}/{index:06d}.png", held.getvalue())
            done += chunk.shape[1]
    return done
