"""Clips in: what is in a video file, and its frames one by one, upright."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dynode.errors import MediaError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

_LATE_S = 0.25  # that a last frame may stay longer than the others
_IRREGULAR = 0.25  # of a frame's duration; containers round times to a millisecond at worst


@dataclass(frozen=True)
class Clip:
    """What is in a video file.

    Attributes:
        path: The file.
        size: (height, width) in pixels as shown, rotation applied.
        times_s: Time of every frame in seconds, increasing, the first one 0.
        rate: Frames a second, on average.
        is_regular: Whether the frames are evenly spaced.
        rotation_deg: Rotation of the stored frames to upright, counter-clockwise.
        audio: Codec of the audio track, or empty.
    """

    path: Path
    size: tuple[int, int]
    times_s: tuple[float, ...]
    rate: Fraction
    is_regular: bool
    rotation_deg: int
    audio: str

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.times_s)

    def content_hash(self) -> str:
        """Return the SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def frames(self) -> Iterator[np.ndarray]:
        """Decode the frames one after the other: (h, w, 3) 8 bit RGB, upright.

        Raises:
            MediaError: The file ends early or is damaged.
        """
        count = 0
        with _opened(self.path) as container, _explained(self.path):
            for frame in container.decode(video=0):
                if count == len(self):
                    return
                yield _upright(frame)
                count += 1
        if count < len(self):
            raise MediaError(
                f"{self.path.name} is damaged: {count} of {len(self)} frames can be decoded; save it again "
                f"from its source"
            )


def open_clip(path: Path) -> Clip:
    """Look into a video file; its packets are read, only the first frame is decoded.

    Raises:
        MediaError: The file is absent, no video, damaged, truncated or without frames.
    """
    with _opened(path) as container, _explained(path):
        if not container.streams.video:
            kinds = ", ".join(stream.type for stream in container.streams) or "nothing"
            raise MediaError(f"{path.name} has no picture track ({kinds} only); give a video")
        stream = container.streams.video[0]
        stamps = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        _check_count(path, len(stamps), stream.frames)
        time_base = stream.time_base or Fraction(1, 1000)
        times = tuple(float((stamp - stamps[0]) * time_base) for stamp in stamps)
        rate = _rate(stream.average_rate, stamps, time_base)
        _check_end(path, float(stamps[-1] * time_base + 1 / rate), stream.metadata.get("DURATION"))
        audio = container.streams.audio[0].codec_context.name if container.streams.audio else ""
    with _opened(path) as container, _explained(path):
        first = next(container.decode(video=0))
    regular = _is_regular(times)
    if regular:
        times = tuple(float(index / rate) for index in range(len(times)))
    height, width, _ = _upright(first).shape
    rotation = int(round(first.rotation))
    return Clip(path, (height, width), times, rate, regular, rotation, audio)


def _check_end(path: Path, end_s: float, declared: str | None) -> None:
    """Compare with the duration that Matroska keeps for every track, `00:00:01.600000000`."""
    parts = (declared or "").split(":")
    try:
        hours, minutes, seconds = map(float, parts)
    except ValueError:
        return
    told_s = 3600 * hours + 60 * minutes + seconds
    if end_s < told_s - _LATE_S:
        raise MediaError(
            f"{path.name} is truncated: it declares {told_s:.2f} s and its last frame ends at {end_s:.2f} s; "
            f"copy or download it again"
        )


def _check_count(path: Path, found: int, declared: int) -> None:
    if found == 0:
        raise MediaError(f"{path.name} holds no frames; give a video with at least 2")
    if declared and found < declared:
        raise MediaError(
            f"{path.name} is truncated: it declares {declared} frames and holds {found}; copy or download "
            f"it again"
        )


def _rate(declared: Fraction | None, stamps: list[int], time_base: Fraction) -> Fraction:
    if declared:
        return Fraction(declared)
    if len(stamps) < 2:
        return Fraction(25)
    mean = (stamps[-1] - stamps[0]) * time_base / (len(stamps) - 1)
    return (1 / mean).limit_denominator(1001) if mean else Fraction(25)


def _is_regular(times: tuple[float, ...]) -> bool:
    if len(times) < 3:
        return True
    gaps = np.diff(times)
    usual = float(np.median(gaps))
    return bool(np.abs(gaps - usual).max() <= _IRREGULAR * usual)


def _upright(frame: av.VideoFrame) -> np.ndarray:
    pixels = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    import av

    if not path.is_file():
        raise MediaError(f"{path} does not exist; check the path of the video")
    with _explained(path):
        container = av.open(str(path))
    with container:
        yield container


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the errors of the decoder into one line."""
    import av

    try:
        yield
    except (av.FFmpegError, StopIteration, ValueError) as error:
        reason = " ".join(str(error).split()) or "no frame can be decoded"
        raise MediaError(
            f"{path.name} is no video, or damaged or truncated ({reason}); expected a whole .mp4, .mov, .mkv "
            f"or .webm"
        ) from error
