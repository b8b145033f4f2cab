"""Clips in: what is in a file of moving pictures, and its frames one by one, as a player shows them."""

from __future__ import annotations

import hashlib
import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from dynode.errors import MediaError
from dynode.files import reading
from dynode.media.clock import Clock, clock_of
from dynode.media.kind import kind_of
from dynode.media.moving import MovingPicture, is_moving_picture
from dynode.media.streamed import look_through

_BROWSER_TICK_S = Fraction(1, 1000)


class FrameReader(Protocol):
    """What decodes the frames of one kind of file."""

    def frames(self) -> Iterator[np.ndarray]:
        """Decode the frames one after the other: (h, w, 3) 8 bit sRGB, as shown."""
        ...


@dataclass(frozen=True)
class Clip:
    """What is in a video file, or a GIF, WebP or PNG that moves.

    Attributes:
        path: The file.
        size: (height, width) in pixels as shown: pixels made square, orientation applied.
        times_s: Time of every shown frame in seconds, increasing, the first one 0.
        rate: Frames a second on average: (n - 1) / (last - first).
        is_regular: Whether the frames are evenly spaced.
        start_s: Time of the first frame on the clock of the file, which its sound keeps too.
        end_s: When the last frame ends, counted from the first.
        audio: Codec of the first audio track, or empty.
        reader: Decodes the frames.
    """

    path: Path
    size: tuple[int, int]
    times_s: tuple[float, ...]
    rate: Fraction
    is_regular: bool
    start_s: float
    end_s: float
    audio: str
    reader: FrameReader

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.times_s)

    def content_hash(self) -> str:
        """Return the SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def frames(self) -> Iterator[np.ndarray]:
        """Decode the frames one after the other: (h, w, 3) 8 bit sRGB, as a player shows them.

        Raises:
            MediaError: The file has changed since it was opened.
        """
        count = 0
        with reading(self.path, "a clip", "copy or download it again", error=MediaError):
            for pixels in itertools.islice(self.reader.frames(), len(self)):
                count += 1
                yield pixels
        if count < len(self):
            raise MediaError(
                f"{self.path.name} is damaged: {count} of {len(self)} frames can be decoded; save it again "
                f"from its source"
            )

    def shown_at(self, time_s: float) -> int:
        """Return which frame a player shows at a time: the last one that has begun."""
        begun = np.searchsorted(np.asarray(self.times_s), time_s + 1e-6, side="right")
        return max(0, int(begun) - 1)


def open_clip(path: Path) -> Clip:
    """Look into a clip; it is decoded once, to know the frames that are shown.

    A warning says what is damaged, or not shown as a player would show it.

    Raises:
        MediaError: The file is absent, no clip, damaged, truncated or without frames.
    """
    if path.is_file() and kind_of(path) == "picture":
        raise MediaError(f"{path.name} is a still picture; a clip needs at least 2 frames")
    if is_moving_picture(path):
        moving = MovingPicture(path)
        size, delays = moving.look()
        return _clip(path, size, _clock(delays), "", moving)
    with reading(path, "a clip", "copy or download it again", error=MediaError):
        look = look_through(path)
    told = look.damage.told(path)
    for line in [told, *(f"{path.name} {loss}" for loss in look.losses)]:
        if line:
            warnings.warn(line, stacklevel=2)
    audio = look.sounds[0] if look.sounds else ""
    return _clip(path, look.video.as_shown.size, look.clock, audio, look.video)


def _clip(path: Path, size: tuple[int, int], clock: Clock, audio: str, reader: FrameReader) -> Clip:
    return Clip(
        path,
        size,
        clock.times_s,
        clock.rate,
        clock.is_regular,
        clock.start_s,
        clock.end_s,
        audio,
        reader,
    )


def _clock(delays: list[Fraction]) -> Clock:
    stamps = list(itertools.accumulate(delays, initial=Fraction(0)))[:-1]
    return clock_of(stamps, tick_s=_BROWSER_TICK_S, declared=(), last_s=delays[-1])
