"""Join encoded pictures and the sound of another file, packet by packet, nothing encoded again."""

from __future__ import annotations

import contextlib
import heapq
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynode.media.containers import codec_of, opened, picture_track
from dynode.media.moving import is_moving_picture

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

    from dynode.media.clip import Clip

_Timed = tuple[float, "Packet[Any]", "Stream"]  # packets of pictures or of sound
_ROOMY = (".mp4", ".mkv")
_PREROLL_S = Fraction(1, 10)  # of sound before the first that is heard: decoders start with it


@dataclass(frozen=True)
class Sound:
    """Where the sound of a video comes from, and how its pictures lie on it.

    Attributes:
        path: A file with audio tracks.
        pictures_start_s: When the first picture is shown, on the clock of that file.
        pictures_end_s: When the last one ends, counted from the first; 0 if it is shown as long as the
            others.
    """

    path: Path
    pictures_start_s: float = 0.0
    pictures_end_s: float = 0.0

    @classmethod
    def of(cls, clip: Clip, *, is_held: bool = True) -> Sound:
        """Take the sound of a clip, and keep its pictures where they are on it.

        Args:
            clip: The clip.
            is_held: Whether the last picture is shown until the clip's own ends.
        """
        return cls(clip.path, clip.start_s, clip.end_s if is_held else 0.0)


def join_tracks(
    pictures: Sequence[Path], path: Path, *, fps: float | Fraction, sound: Sound | None = None
) -> int:
    """Write one file of the pictures of several and the audio tracks of another.

    Args:
        pictures: Videos without sound, of one encoder with one setting, shown one after the other.
            They have to be mp4: Matroska keeps no decoding times, which copying the packets needs.
        path: File to write.
        fps: Frames a second of all of them.
        sound: Where the audio tracks come from, byte for byte. The earliest track begins at 0, the
            others as much later as in that file. A warning names what this kind of file cannot hold.

    Returns:
        The number of frames.
    """
    import av

    with av.open(str(path), "w") as output, _source(sound) as source:
        with av.open(str(pictures[0])) as first:
            picture = output.add_stream_from_template(first.streams.video[0])
        copies = _copies(source, output, path, sound) if source and sound else {}
        if source and sound:
            _name_others(source, sound.path.name)
        starts = [_start_s(track) for track in copies]
        start_s = Fraction(sound.pictures_start_s) if sound and copies else Fraction(0)
        first_s = min([start_s, *starts])
        step_s = Fraction(1 / Fraction(fps)).limit_denominator(65535)
        shown = _pictures(pictures, step_s, picture, start_s - first_s)
        tracks = [_held(shown, sound.pictures_end_s + float(start_s - first_s) if sound else 0)]
        if source and copies:
            tracks.append(_heard(source, copies, first_s))
        count = 0
        for _, packet, stream in heapq.merge(*tracks, key=lambda entry: entry[0]):
            packet.stream = stream
            count += stream is picture
            output.mux(packet)
    return count


@contextlib.contextmanager
def _source(sound: Sound | None) -> Iterator[InputContainer | None]:
    """Open the file with the sound; nothing where there is none."""
    if sound is None or is_moving_picture(sound.path):
        yield None
        return
    with opened(sound.path) as source:
        yield source


def _copies(
    source: InputContainer, output: OutputContainer, path: Path, sound: Sound
) -> dict[av.AudioStream, Stream]:
    """Add a track for each audio track that the file can hold, and name the others."""
    copies = dict[Any, Any]()
    for track in source.streams.audio:
        if codec_of(track) in output.supported_codecs:
            with contextlib.suppress(ValueError):  # it has no name for this codec
                copies[track] = output.add_stream_from_template(track)
        if track not in copies:
            other = "encode it as AAC" if path.suffix in _ROOMY else "write .mp4 or .mkv"
            warnings.warn(
                f"{path.suffix} holds no {codec_of(track)} audio, so {_name(track)} of "
                f"{sound.path.name} is left out; {other} to keep it",
                stacklevel=4,
            )
        elif track.language:
            copies[track].metadata["language"] = track.language
    return copies


def _name_others(source: InputContainer, name: str) -> None:
    """Say which tracks are neither the pictures that are edited nor sound."""
    shown = picture_track(source, name).index if source.streams.video else -1
    others = [
        stream for stream in source.streams if stream.type != "audio" and stream.index != shown
    ]
    if others:
        warnings.warn(
            f"{', '.join(map(_name, others))} of {name} "
            f"{'is' if len(others) == 1 else 'are'} left out: only pictures and sound are written",
            stacklevel=4,
        )


def _name(track: Stream) -> str:
    told = [track.language, track.metadata.get("title", "")]
    words = ", ".join(word for word in told if word and word != "und")
    kind = {"video": "picture"}.get(track.type, track.type)
    return f"{kind} track {track.index}" + (f" ({words})" if words else "")


def _start_s(track: Stream) -> Fraction:
    """Return when a track is first heard, on the clock of its file."""
    if track.start_time is None or track.time_base is None:
        return Fraction(0)
    return track.start_time * track.time_base


def _pictures(
    paths: Sequence[Path], step_s: Fraction, stream: Stream, start_s: Fraction
) -> Iterator[_Timed]:
    """Go through the packets of files one after the other, each begins where the last ended."""
    import av

    count = 0
    for path in paths:
        begin_s = start_s + count * step_s
        with av.open(str(path)) as video:
            for packet in video.demux(video=0):
                if packet.dts is not None and packet.time_base is not None:
                    _shift(packet, round(begin_s / packet.time_base))
                    count += 1
                    yield float(packet.dts * packet.time_base), packet, stream


def _held(packets: Iterator[_Timed], end_s: float) -> Iterator[_Timed]:
    """Show the last picture until a time, if it would end before."""
    for (time_s, packet, stream), is_last in _with_last(packets):
        if is_last and packet.pts is not None and packet.time_base is not None:
            ticks = round(end_s / packet.time_base) - packet.pts
            packet.duration = max(packet.duration or 0, ticks)
        yield time_s, packet, stream


def _with_last(packets: Iterator[_Timed]) -> Iterator[tuple[_Timed, bool]]:
    held = next(packets, None)
    while held is not None:
        following = next(packets, None)
        yield held, following is None
        held = following


def _heard(
    source: InputContainer, copies: dict[av.AudioStream, Stream], first_s: Fraction
) -> Iterator[_Timed]:
    """Go through the packets of sound; what an edit list cuts away before the start stays away."""
    for packet in source.demux(list(copies)):
        packet.dts = packet.pts if packet.dts is None else packet.dts
        if packet.dts is None or packet.time_base is None:
            continue  # the empty one that ends a track
        track: Any = packet.stream
        end_s = (packet.dts + (packet.duration or 0)) * packet.time_base
        if packet.is_discard and end_s < _start_s(track) - _PREROLL_S:
            continue
        _shift(packet, -round(first_s / packet.time_base))
        yield float(packet.dts * packet.time_base), packet, copies[track]


def _shift(packet: Packet[Any], ticks: int) -> None:
    packet.dts = None if packet.dts is None else packet.dts + ticks
    packet.pts = None if packet.pts is None else packet.pts + ticks
