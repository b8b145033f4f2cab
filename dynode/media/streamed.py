"""Streamed video: looked through once to know its frames, then decoded as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dynode.errors import MediaError
from dynode.media.clock import Clock, clock_of
from dynode.media.containers import codec_of, opened, picture_track
from dynode.media.decoding import Damage, decoded
from dynode.media.deinterlacing import deinterlaced
from dynode.media.shown_frames import AsShown
from dynode.media.wholeness import check_whole

if TYPE_CHECKING:
    import av

_TICK_S = Fraction(1, 1000)  # of a file that tells no unit of time


@dataclass(frozen=True)
class StreamedVideo:
    """How the picture track of a video file is read.

    Attributes:
        path: The file.
        as_shown: From its stored frames to shown ones.
        is_interlaced: Whether fields have to be joined.
        ignores_index: Whether its index is damaged.
    """

    path: Path
    as_shown: AsShown
    is_interlaced: bool
    ignores_index: bool

    def frames(self) -> Iterator[np.ndarray]:
        """Decode the frames one after the other: (h, w, 3) 8 bit sRGB, as shown."""
        with opened(self.path, ignore_index=self.ignores_index) as container:
            stored = decoded(container, picture_track(container, self.path.name))
            for frame in deinterlaced(stored) if self.is_interlaced else stored:
                yield self.as_shown.pixels(frame)


@dataclass
class Look:
    """What decoding a file once has shown.

    Attributes:
        video: How to read it.
        clock: When its frames are shown.
        sounds: Codecs of its audio tracks.
        damage: What the decoder complained of.
        losses: What is not shown as a player would, in words.
    """

    video: StreamedVideo
    clock: Clock
    sounds: tuple[str, ...]
    damage: Damage
    losses: list[str] = field(default_factory=list)


def look_through(path: Path) -> Look:
    """Decode a video once.

    Raises:
        MediaError: The file is absent, no video, damaged, truncated or without frames.
    """
    look: Look | None = None
    try:
        look, is_suspect = _look(path, ignore_index=False)
        if not is_suspect:
            return look
    except MediaError:
        if not _is_avi(path):
            raise
    again, _ = _look(path, ignore_index=True)
    if look is not None and again.damage.whole <= look.damage.whole:
        return look
    again.losses.append("has a damaged index; its frames are read without it")
    return again


def _is_avi(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(12)[8:] == b"AVI "


def _look(path: Path, *, ignore_index: bool) -> tuple[Look, bool]:
    """Decode a video once, and say whether its index is suspect."""
    with opened(path, ignore_index=ignore_index) as container:
        stream = picture_track(container, path.name)
        seen = _Seen()
        for frame in decoded(container, stream, seen.damage):
            seen.add(frame, stream)
        if seen.as_shown is None:
            raise MediaError(
                f"{path.name} is no video, or damaged or truncated (no frame can be decoded); copy or "
                f"download it again"
            )
        clock = clock_of(
            seen.stamps,
            tick_s=stream.time_base or _TICK_S,
            declared=_declared_rates(stream),
            last_s=seen.last_s,
        )
        damage = seen.damage
        is_short = damage.read < stream.frames
        is_suspect = container.format.name == "avi" and (is_short or damage.broken > 0)
        if ignore_index or not is_suspect:
            check_whole(
                path, container, stream, found=damage.read, end_s=clock.start_s + clock.end_s
            )
        video = StreamedVideo(path, seen.as_shown, seen.is_interlaced, ignore_index)
        sounds = tuple(codec_of(track) for track in container.streams.audio)
        return Look(video, clock, sounds, damage, seen.losses(clock, stream)), is_suspect


@dataclass
class _Seen:
    """What the frames have shown so far."""

    damage: Damage = field(default_factory=Damage)
    stamps: list[Fraction | None] = field(default_factory=list)
    last_s: Fraction | None = None
    as_shown: AsShown | None = None
    is_interlaced: bool = False
    sizes: set[tuple[int, int]] = field(default_factory=set)

    def add(self, frame: av.VideoFrame, stream: av.VideoStream) -> None:
        unit = frame.time_base or stream.time_base or _TICK_S
        self.stamps.append(None if frame.pts is None else frame.pts * unit)
        self.last_s = frame.duration * unit if frame.duration else None
        self.as_shown = self.as_shown or AsShown.of(frame, stream.sample_aspect_ratio)
        self.is_interlaced |= frame.interlaced_frame
        self.sizes.add((frame.width, frame.height))

    def losses(self, clock: Clock, stream: av.VideoStream) -> list[str]:
        """Say what is not shown as a player would."""
        told = list(self.as_shown.losses) if self.as_shown else []
        if self.is_interlaced:
            told.append("is interlaced; its fields are made into whole frames, one for each frame")
        if len(self.sizes) > 1:
            told.append("changes its size; all frames are brought to the size of the first")
        if clock.is_mended:
            told.append("has time stamps that are missing or run backwards; those are made up")
        if stream.metadata.get("alpha_mode") == "1":
            told.append("has transparent parts, which are shown as they are stored beneath")
        return told


def _declared_rates(stream: av.VideoStream) -> list[Fraction]:
    rates = (stream.average_rate, stream.base_rate, stream.guessed_rate)
    return [Fraction(rate) for rate in rates if rate]
