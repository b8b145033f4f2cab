"""A long video written a segment at a time: after a crash, finished segments are not drawn again."""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from torch import Tensor

from dynode import files
from dynode.errors import MediaError, UsageError
from dynode.media.suffixes import STRIP_SUFFIXES
from dynode.media.tracks import Sound, join_tracks
from dynode.media.video import check_video, encode_frames, write_video


@dataclass(frozen=True)
class Segment:
    """Some neighbouring frames of a video.

    Attributes:
        key: A hash of everything that determines the frames.
        frames: Draws them: batches (n, 3, h, w) float in [-1, 1], RGB.
    """

    key: str
    frames: Callable[[], Iterable[Tensor]]


def parts_folder(path: Path) -> Path:
    """Return where the segments of a video are kept until it is whole: a hidden folder beside it."""
    return path.parent / f".{path.name}.parts"


def write_segments(
    segments: Iterable[Segment],
    path: Path,
    *,
    fps: float | Fraction,
    sound: Sound | None = None,
) -> int:
    """Write a video; what an interrupted call has finished is used if it is of the same frames.

    Each segment is encoded on its own, into a folder beside the video, and the packets of all are
    joined in the end. So the file is the same, byte for byte, whether or not it was made in one go.
    A `.gif` or `.webp` has no segments and begins anew.

    Args:
        segments: In order, at least one.
        path: See `write_video`.
        fps: Frames a second.
        sound: See `write_video`.

    Returns:
        The number of frames.

    Raises:
        MediaError: See `write_video`.
        UsageError: The folder cannot be written to.
    """
    check_video(path, fps)
    if path.suffix.lower() in STRIP_SUFFIXES:
        frames = (batch for segment in segments for batch in segment.frames())
        return write_video(frames, path, fps=fps, sound=sound)
    folder = parts_folder(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}; choose another place with -o"
        ) from error
    try:
        parts = list[Path]()
        for index, segment in enumerate(segments):
            part = folder / f"{index:06d}-{segment.key}-{_rate_name(fps)}-{path.suffix[1:]}.mp4"
            if not part.exists():
                with files.written(part) as temporary:
                    encode_frames(segment.frames(), temporary, fps=fps, like=path)
            parts.append(part)
        if not parts:
            raise MediaError("there is no frame to write")
        with files.written(path) as temporary:
            count = join_tracks(parts, temporary, fps=fps, sound=sound)
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # if nothing was finished
    shutil.rmtree(folder, ignore_errors=True)
    return count


def _rate_name(fps: float | Fraction) -> str:
    exact = Fraction(fps).limit_denominator(65535)
    return f"{exact.numerator}.{exact.denominator}" if math.isfinite(fps) else ""
