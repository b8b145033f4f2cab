"""Video out: frames streamed into a file, with the audio track of another."""

from __future__ import annotations

import math
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from torch import Tensor

from dynode import files
from dynode.errors import MediaError
from dynode.media.images import to_uint8
from dynode.media.suffixes import STRIP_SUFFIXES, WRITTEN_SUFFIXES
from dynode.media.tracks import Sound, join_tracks

if TYPE_CHECKING:
    from av.video.stream import VideoStream
    from PIL import Image

    from dynode.media.clip import Clip

_QUALITY = {"h264": {"crf": "16"}, "vp9": {"crf": "18", "b": "0"}}
"""Constant quality: the defaults of the encoders are made for large pictures, and show on small ones."""

# The matrix that RGB is turned to YUV with; where it is not told, players guess by the size.
_BT601, _BT709_PRIMARIES, _SRGB_TRANSFER, _LIMITED_RANGE = 6, 1, 13, 1
# A GIF counts hundredths of a second, and browsers slow anything below two of them down.
_SHORTEST_GIF_FRAME_MS = 20
_PALETTE_FRAMES = 8  # that the colours of a GIF are chosen from


def check_video_suffix(path: Path) -> None:
    """Refuse a name that is no video's.

    Raises:
        MediaError: No video format has this suffix.
    """
    if path.suffix.lower() not in WRITTEN_SUFFIXES:
        raise MediaError(
            f"cannot write {path.name}: {path.suffix or 'no suffix'} is no video format that is written; "
            f"use one of {' '.join(WRITTEN_SUFFIXES)}"
        )


def write_video(
    frames: Iterable[Tensor],
    path: Path,
    *,
    fps: float | Fraction,
    sound: Sound | None = None,
) -> int:
    """Write frames one by one; the file appears only when it is whole.

    Args:
        frames: Batches (n, 3, h, w) float in [-1, 1], RGB, taken as they come.
        path: `.mp4`, `.mov`, `.mkv`, `.webm`, `.gif`, or `.webp`, which loses nothing.
        fps: Frames a second.
        sound: A video whose audio tracks are copied, see `join_tracks`.

    Returns:
        The number of frames.

    Raises:
        MediaError: The suffix is none of these, there is no frame, frames have different sizes, or
            `fps` is no speed.
    """
    check_video(path, fps)
    with files.written(path) as temporary:
        if path.suffix.lower() in STRIP_SUFFIXES:
            end_s = sound.pictures_end_s if sound else 0.0
            return _write_strip(frames, temporary, float(fps), path.suffix.lower(), end_s)
        if sound is None:
            return encode_frames(frames, temporary, fps=fps, like=path)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=files.UNFINISHED) as folder:
            silent = Path(folder) / "silent.mp4"
            encode_frames(frames, silent, fps=fps, like=path)
            return join_tracks([silent], temporary, fps=fps, sound=sound)


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


def _write_strip(
    frames: Iterable[Tensor], path: Path, fps: float, suffix: str, end_s: float
) -> int:
    from PIL import Image

    tiles = [Image.fromarray(tile) for tile in _tiles(frames)]
    if not tiles:
        raise MediaError("there is no frame to write")
    shown_ms = round(1000 / fps)
    if suffix == ".gif":
        palette = _common_palette(tiles)
        tiles = [tile.quantize(palette=palette, dither=Image.Dither.NONE) for tile in tiles]
        shown_ms = max(_SHORTEST_GIF_FRAME_MS, 10 * round(100 / fps))
    shown_ms = max(1, shown_ms)
    last_ms = max(shown_ms, round(1000 * (end_s - (len(tiles) - 1) / fps)))
    tiles[0].save(
        path,
        format=suffix[1:],
        save_all=True,
        append_images=tiles[1:],
        duration=[shown_ms] * (len(tiles) - 1) + [last_ms],
        loop=0,
        lossless=True,
    )
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


def encode_frames(
    frames: Iterable[Tensor], path: Path, *, fps: float | Fraction, like: Path
) -> int:
    """Encode frames without sound, with the codec for files of the suffix of `like`.

    Where a side is odd, the last row or column is repeated.

    Returns:
        The number of frames.

    Raises:
        MediaError: There is no frame, or frames have different sizes.
    """
    import av

    codec = "vp9" if like.suffix.lower() == ".webm" else "h264"
    rate = Fraction(fps).limit_denominator(65535)
    count = 0
    with av.open(str(path), "w") as file:
        added = file.add_stream(codec, rate, options=dict(_QUALITY[codec]))
        stream = cast("VideoStream", added)
        stream.pix_fmt = "yuv420p"
        colours = stream.codec_context
        colours.colorspace, colours.color_primaries = _BT601, _BT709_PRIMARIES
        colours.color_trc, colours.color_range = _SRGB_TRANSFER, _LIMITED_RANGE
        for tile in map(_even, _tiles(frames)):
            if count == 0:
                stream.height, stream.width = tile.shape[:2]
            frame = av.VideoFrame.from_ndarray(tile, format="rgb24")
            frame.pts, frame.time_base = count, 1 / rate
            file.mux(stream.encode(frame))
            count += 1
        if count:
            file.mux(stream.encode(None))
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


def warn_of_odd_sides(clip: Clip, path: Path) -> None:
    """Say that a copy of a clip will be a row or a column larger, see `encode_frames`."""
    height, width = clip.size
    if (height % 2 or width % 2) and path.suffix.lower() not in STRIP_SUFFIXES:
        warnings.warn(
            f"{clip.path.name} is {width}×{height} pixels and the codec takes even sides; {path.name} will "
            f"be {width + width % 2}×{height + height % 2}, its last row or column there twice",
            stacklevel=3,
        )


def _even(tile: np.ndarray) -> np.ndarray:
    """Repeat the last row or column where a side is odd; the codecs take even sides only."""
    return np.pad(tile, ((0, tile.shape[0] % 2), (0, tile.shape[1] % 2), (0, 0)), mode="edge")
