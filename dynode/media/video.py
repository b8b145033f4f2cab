"""Video out: frames streamed into a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from torch import Tensor

from dynode import files
from dynode.errors import MediaError
from dynode.media.images import to_uint8
from dynode.media.suffixes import VIDEO_SUFFIXES


def write_video(frames: Iterable[Tensor], path: Path, *, fps: float) -> int:
    """Write frames one by one; the file appears only when it is whole.

    Args:
        frames: Batches (n, 3, h, w) float in [-1, 1], RGB, taken as they come.
        path: `.mp4`, `.mov`, `.mkv`, `.webm` or `.gif`.
        fps: Frames a second.

    Returns:
        The number of frames.

    Raises:
        MediaError: The suffix is none of these, or there is no frame.
    """
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise MediaError(
            f"cannot write {path.name}: {path.suffix or 'no suffix'} is no video format; use .mp4"
        )
    with files.written(path) as temporary:
        if path.suffix.lower() == ".gif":
            count = _write_gif(frames, temporary, fps)
        else:
            count = _write_stream(frames, temporary, fps)
    return count


def _write_gif(frames: Iterable[Tensor], path: Path, fps: float) -> int:
    from PIL import Image

    tiles = [Image.fromarray(tile) for batch in frames for tile in to_uint8(batch).numpy()]
    if not tiles:
        raise MediaError("there is no frame to write")
    tiles[0].save(path, save_all=True, append_images=tiles[1:], duration=1000 / fps, loop=0)
    return len(tiles)


def _write_stream(frames: Iterable[Tensor], path: Path, fps: float) -> int:
    import imageio.v3 as iio

    count = 0
    codec = "vp9" if path.suffix.lower() == ".webm" else "h264"
    with iio.imopen(path, "w", plugin="pyav") as file:
        file.init_video_stream(codec, fps=fps, pixel_format="yuv420p")
        for batch in frames:
            for tile in to_uint8(batch).numpy():
                file.write_frame(_even(tile))
                count += 1
    if count == 0:
        raise MediaError("there is no frame to write")
    return count


def _even(tile: np.ndarray) -> np.ndarray:
    """Repeat the last row or column where a side is odd; the codecs take even sides only."""
    return np.pad(tile, ((0, tile.shape[0] % 2), (0, tile.shape[1] % 2), (0, 0)), mode="edge")
