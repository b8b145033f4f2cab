"""Video out: frames streamed into a file, with the audio track of another."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from dynode import files
from dynode.errors import MediaError
from dynode.media.images import to_uint8
from dynode.media.suffixes import VIDEO_SUFFIXES
from dynode.media.tracks import join_tracks

if TYPE_CHECKING:
    from PIL import Image

# A GIF counts hundredths of a second, and browsers slow anything below two of them down.
_SHORTEST_GIF_FRAME_MS = 20
_PALETTE_FRAMES = 8  # that the colours of a GIF are chosen from


def check_video_suffix(path: Path) -> None:
    """Refuse a name that is no video's.

    Raises:
        MediaError: No video format has this suffix.
    """
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise MediaError(
            f"cannot write {path.name}: {path.suffix or 'no suffix'} is no video format; use .mp4"
        )


def write_video(
    frames: Iterable[Tensor],
    path: Path,
    *,
    fps: float | Fraction,
    audio_from: Path | None = None,
) -> int:
    """Write frames one by one; the file appears only when it is whole.

    Args:
        frames: Batches (n, 3, h, w) float in [-1, 1], RGB, taken as they come.
        path: `.mp4`, `.mov`, `.mkv`, `.webm` or `.gif`.
        fps: Frames a second.
        audio_from: A video whose first audio track is copied, byte for byte; a warning says if this
            kind of file cannot hold it.

    Returns:
        The number of frames.

    Raises:
        MediaError: The suffix is none of these, there is no frame, frames have different sizes, or
            `fps` is no speed.
    """
    check_video(path, fps)
    with files.written(path) as temporary:
        if path.suffix.lower() == ".gif":
            return _write_gif(frames, temporary, float(fps))
        if audio_from is None:
            return encode_frames(frames, temporary, fps=fps, like=path)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            silent = Path(folder) / "silent.mp4"
            encode_frames(frames, silent, fps=fps, like=path)
            return join_tracks([silent], temporary, fps=fps, sound=audio_from)


def check_video(path: Path, fps: float | Fraction) -> None:
    """Refuse a name that is no video's, and what is no speed.

    Raises:
        MediaError: See `write_video`.
    """
    check_video_suffix(path)
    if not 0 < fps < math.inf:
        raise MediaError(
            f"cannot write {float(fps):g} frames a second; expected a number above 0, such as 25"
        )


def _write_gif(frames: Iterable[Tensor], path: Path, fps: float) -> int:
    from PIL import Image

    drawn = [Image.fromarray(tile) for tile in _tiles(frames)]
    if not drawn:
        raise MediaError("there is no frame to write")
    palette = _common_palette(drawn)
    tiles = [tile.quantize(palette=palette, dither=Image.Dither.NONE) for tile in drawn]
    shown_ms = max(_SHORTEST_GIF_FRAME_MS, 10 * round(100 / fps))
    tiles[0].save(path, save_all=True, append_images=tiles[1:], duration=shown_ms, loop=0)
    return len(tiles)


def _common_palette(tiles: list[Image.Image]) -> Image.Image:
    """Choose 256 colours for all frames, so that what stands still keeps its colours."""
    from PIL import Image

    count = min(_PALETTE_FRAMES, len(tiles))
    chosen = [tiles[index * (len(tiles) - 1) // max(1, count - 1)] for index in range(count)]
    width, height = tiles[0].size
    sheet = Image.new("RGB", (width, height * count))
    for index, tile in enumerate(chosen):
        sheet.paste(tile, (0, index * height))
    return sheet.quantize(256, method=Image.Quantize.MEDIANCUT)


def _codec(path: Path) -> str:
    return "vp9" if path.suffix.lower() == ".webm" else "h264"


def encode_frames(
    frames: Iterable[Tensor], path: Path, *, fps: float | Fraction, like: Path
) -> int:
    """Encode frames without sound, with the codec for files of the suffix of `like`.

    Returns:
        The number of frames.

    Raises:
        MediaError: There is no frame, or frames have different sizes.
    """
    import imageio.v3 as iio

    count = 0
    with iio.imopen(path, "w", plugin="pyav") as file:
        file.init_video_stream(_codec(like), fps=float(fps), pixel_format="yuv420p")
        for tile in _tiles(frames):
            file.write_frame(_even(tile))
            count += 1
    if count == 0:
        raise MediaError("there is no frame to write")
    return count


def _tiles(frames: Iterable[Tensor]) -> Iterator[np.ndarray]:
    """Go through the frames one by one, (h, w, 3) 8 bit, all of one size."""
    size: tuple[int, ...] = ()
    for number, tile in enumerate((t for batch in frames for t in to_uint8(batch).numpy()), 1):
        size = size or tile.shape
        if tile.shape != size:
            raise MediaError(
                f"frame {number} is {tile.shape[1]}×{tile.shape[0]} pixels; expected "
                f"{size[1]}×{size[0]} as in the first"
            )
        yield tile


def _even(tile: np.ndarray) -> np.ndarray:
    """Repeat the last row or column where a side is odd; the codecs take even sides only."""
    return np.pad(tile, ((0, tile.shape[0] % 2), (0, tile.shape[1] % 2), (0, 0)), mode="edge")
