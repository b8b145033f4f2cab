"""Join encoded pictures and the sound of another file, packet by packet, nothing encoded again."""

from __future__ import annotations

import heapq
import warnings
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

_Timed = tuple[float, "Packet[Any]", "Stream"]  # packets of pictures or of sound


def join_tracks(
    pictures: Sequence[Path], path: Path, *, fps: float | Fraction, sound: Path | None = None
) -> int:
    """Write one file of the pictures of several and the first audio track of another.

    Args:
        pictures: Videos without sound, of one encoder with one setting, shown one after the other.
            They have to be mp4: Matroska keeps no decoding times, which copying the packets needs.
        path: File to write.
        fps: Frames a second of all of them.
        sound: Where the audio track comes from, byte for byte; a warning says if this kind of file
            cannot hold it.

    Returns:
        The number of frames.
    """
    import av

    with av.open(str(path), "w") as output, av.open(str(sound or pictures[0])) as audio:
        with av.open(str(pictures[0])) as first:
            picture = output.add_stream_from_template(first.streams.video[0])
        tracks = [_pictures(pictures, Fraction(1 / fps).limit_denominator(65535), picture)]
        if sound is not None and audio.streams.audio:
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
        count = 0
        for _, packet, stream in heapq.merge(*tracks, key=lambda entry: entry[0]):
            packet.stream = stream
            count += stream is picture
            output.mux(packet)
    return count


def _pictures(paths: Sequence[Path], step_s: Fraction, stream: Stream) -> Iterator[_Timed]:
    """Go through the packets of files one after the other, each begins where the last ended."""
    import av

    count = 0
    for path in paths:
        begin_s = count * step_s
        with av.open(str(path)) as video:
            for _, packet, target in _packets(video.demux(video=0), stream):
                assert packet.time_base is not None and packet.dts is not None
                shift = round(begin_s / packet.time_base)
                packet.dts += shift
                packet.pts = None if packet.pts is None else packet.pts + shift
                count += 1
                yield float(packet.dts * packet.time_base), packet, target


def _packets(packets: Iterator[Packet[Any]], stream: Stream) -> Iterator[_Timed]:
    """Pair packets with their time and where they go, without the empty one that ends a stream."""
    for packet in packets:
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is not None and packet.time_base is not None:
            yield float(packet.dts * packet.time_base), packet, stream
