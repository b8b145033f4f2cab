"""Video out: frames streamed into a file, with the audio track of another."""

from __future__ import annotations

import heapq
import math
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from dynode import files
from dynode.errors import MediaError
from dynode.media.images import to_uint8
from dynode.media.suffixes import VIDEO_SUFFIXES

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

# A GIF counts hundredths of a second, and browsers slow anything below two of them down.
_SHORTEST_GIF_FRAME_MS = 20


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
    check_video_suffix(path)
    if not 0 < fps < math.inf:
        raise MediaError(
            f"cannot write {float(fps):g} frames a second; expected a number above 0, such as 25"
        )
    with files.written(path) as temporary:
        if path.suffix.lower() == ".gif":
            return _write_gif(frames, temporary, float(fps))
        if audio_from is None:
            return _write_stream(frames, temporary, float(fps), _codec(path))
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            # Matroska keeps no decoding times, which copying the packets needs.
            silent = Path(folder) / "silent.mp4"
            count = _write_stream(frames, silent, float(fps), _codec(path))
            _join(silent, audio_from, temporary)
        return count


def _write_gif(frames: Iterable[Tensor], path: Path, fps: float) -> int:
    from PIL import Image

    tiles = [Image.fromarray(tile) for tile in _tiles(frames)]
    if not tiles:
        raise MediaError("there is no frame to write")
    shown_ms = max(_SHORTEST_GIF_FRAME_MS, 10 * round(100 / fps))
    tiles[0].save(path, save_all=True, append_images=tiles[1:], duration=shown_ms, loop=0)
    return len(tiles)


def _codec(path: Path) -> str:
    return "vp9" if path.suffix.lower() == ".webm" else "h264"


def _write_stream(frames: Iterable[Tensor], path: Path, fps: float, codec: str) -> int:
    import imageio.v3 as iio

    count = 0
    with iio.imopen(path, "w", plugin="pyav") as file:
        file.init_video_stream(codec, fps=fps, pixel_format="yuv420p")
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


def _join(pictures: Path, sound: Path, path: Path) -> None:
    """Copy the packets of one file's pictures and another's first audio track into a third."""
    import av

    with (
        av.open(str(pictures)) as video,
        av.open(str(sound)) as audio,
        av.open(str(path), "w") as output,
    ):
        picture = output.add_stream_from_template(video.streams.video[0])
        tracks = [_packets(video.demux(video=0), picture)]
        if audio.streams.audio:
            track = audio.streams.audio[0]
            if track.codec_context.name in output.supported_codecs:
                copy = output.add_stream_from_template(track)
                tracks.append(_packets(audio.demux(track), copy))
            else:
                warnings.warn(
                    f"{path.suffix} holds no {track.codec_context.name} audio, so the track of "
                    f"{sound.name} is left out; write .mp4 or .mkv to keep it",
                    stacklevel=3,
                )
        for _, packet, stream in heapq.merge(*tracks, key=lambda entry: entry[0]):
            packet.stream = stream
            output.mux(packet)


def _packets(
    packets: Iterator[Packet[Any]],
    stream: Stream,  # packets of pictures or of sound
) -> Iterator[tuple[float, Packet[Any], Stream]]:
    """Pair packets with their time and where they go, without the empty one that ends a stream."""
    for packet in packets:
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is not None and packet.time_base is not None:
            yield float(packet.dts * packet.time_base), packet, stream
