"""A long video written a segment at a time: after a crash, finished segments are not drawn again."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import filelock
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
    with _claimed(path) as folder:
        try:
            parts = [
                _finished(segment, index, folder, path, fps)
                for index, segment in enumerate(segments)
            ]
            if not parts:
                raise MediaError("there is no frame to write")
            with files.written(path) as temporary:
                count = join_tracks(parts, temporary, fps=fps, sound=sound)
        finally:
            with contextlib.suppress(OSError):
                folder.rmdir()  # if nothing was finished
        shutil.rmtree(folder, ignore_errors=True)
    return count


@contextlib.contextmanager
def _claimed(path: Path) -> Iterator[Path]:
    """Give the folder of a video's segments to one process at a time.

    The same command beside this one works in a folder of its own, so that both succeed.
    """
    folder = parts_folder(path)
    lock = filelock.FileLock(folder.with_name(folder.name + ".lock"), timeout=0)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        folder = folder.with_name(f"{folder.name}-{os.getpid()}")
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}; choose another place with -o"
        ) from error
    try:
        folder.mkdir(exist_ok=True)
        yield folder
    finally:
        if lock.is_locked:
            Path(lock.lock_file).unlink(missing_ok=True)
            lock.release()


def _finished(
    segment: Segment, index: int, folder: Path, path: Path, fps: float | Fraction
) -> Path:
    """Encode a segment unless an interrupted call has."""
    part = folder / f"{index:06d}-{segment.key}-{_rate_name(fps)}-{path.suffix[1:]}.mp4"
    if not part.exists():
        with files.written(part) as temporary:
            encode_frames(segment.frames(), temporary, fps=fps, like=path)
    return part


def _rate_name(fps: float | Fraction) -> str:
    exact = Fraction(fps).limit_denominator(65535)
    return f"{exact.numerator}.{exact.denominator}" if math.isfinite(fps) else ""
