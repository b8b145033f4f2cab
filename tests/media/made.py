"""Clips as people have them, made on the spot: any codec, clock, colours, tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

SOUND_RATE = 48000


def scene(index: int, size: tuple[int, int] = (64, 96)) -> np.ndarray:
    """A smooth drawing with a light square that moves: what is turned, squashed or late shows."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    picture = np.stack([60 + 120 * x / width, 60 + 120 * y / height, 140 - 60 * x / width], -1)
    at = 4 + 3 * index
    picture[6:18, at : at + 12] = (230, 220, 60)
    return picture.astype(np.uint8)


def scenes(count: int = 12, size: tuple[int, int] = (64, 96)) -> list[np.ndarray]:
    return [scene(index, size) for index in range(count)]


def position(picture: np.ndarray) -> float:
    """Index of the scene a picture shows, from where its square is."""
    light = picture.astype(float)[6:18, :, 1] - picture.astype(float)[6:18, :, 2]
    columns = np.clip(light.mean(0) - 60, 0, None)
    return float((columns * np.arange(len(columns))).sum() / columns.sum() - 9.5) / 3


def encode(
    path: Path,
    pictures: Sequence[np.ndarray] | None = None,
    *,
    rate: Fraction | int = 24,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    container: str | None = None,
    times_s: Sequence[float] | None = None,
    last_s: float | None = None,
    start_s: float = 0.0,
    sounds: Sequence[str] = (),
    sound_start_s: float = 0.0,
    sound_s: float = 1.0,
    aspect: Fraction | None = None,
    colours: tuple[int, int, int, int] | None = None,
    matrix: Sequence[int] | None = None,
    stored: Callable[[np.ndarray], av.VideoFrame] | None = None,
    flags: int = 0,
) -> Path:
    """Write a clip.

    Args:
        times_s: Of each frame; even at `rate` if None.
        last_s: How long the last packet is shown.
        start_s: Of the first picture.
        sounds: Codecs, one audio track each.
        colours: Numbers of matrix, primaries, transfer and range.
        matrix: Display matrix, nine numbers of FFmpeg.
        stored: Makes the frame that is encoded out of a picture.
        flags: Of the encoder.
    """
    pictures = scenes() if pictures is None else pictures
    clock = Fraction(1, 12000) if times_s is not None else 1 / Fraction(rate)
    times = times_s or [index / Fraction(rate) for index in range(len(pictures))]
    quality = {"crf": "10", "bf": "0"} if codec == "libx264" else {"b": "4M"}
    with av.open(str(path), "w", format=container) as file:
        video: Any = file.add_stream(codec, rate=Fraction(rate), options=options or quality)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = pix_fmt
        if times_s is not None:
            video.codec_context.time_base = clock
        if aspect:
            video.codec_context.sample_aspect_ratio = aspect
        if colours:
            context = video.codec_context
            context.colorspace, context.color_primaries = colours[:2]
            context.color_trc, context.color_range = colours[2:]
        if matrix:
            video.set_display_matrix(matrix)
        video.codec_context.flags |= flags
        tracks: list[Any] = []
        for name in sounds:
            tracks.append(file.add_stream(name, rate=SOUND_RATE))
            tracks[-1].bit_rate = 128000
            tracks[-1].layout = "stereo" if name == "mp2" else "mono"
        packets: list[Any] = []
        for picture, time in zip(pictures, times, strict=True):
            frame = stored(picture) if stored else av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = round((float(time) + start_s) / clock), clock
            packets += video.encode(frame)
        packets += video.encode(None)
        if last_s:
            packets[-1].duration = round(last_s / packets[-1].time_base)
        for track in tracks:
            packets += _tone(track, sound_start_s, sound_s)
        for packet in sorted(packets, key=lambda packet: float(packet.dts * packet.time_base)):
            file.mux(packet)
    return path


def _tone(track: Any, start_s: float, duration_s: float) -> list[Any]:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(duration_s * SOUND_RATE)) / SOUND_RATE)
    size = track.codec_context.frame_size or 1024
    found, kind = [], track.codec_context.format.name
    for begin in range(0, len(wave) - size + 1, size):
        part = wave[None, begin : begin + size].repeat(track.codec_context.channels, 0)
        if kind.startswith(("s16", "s32")):
            depth = int(kind[1:3])
            part = (part * (2 ** (depth - 1) - 1)).astype(f"int{depth}")
        values = np.ascontiguousarray(part if kind.endswith("p") else part.T.reshape(1, -1))
        if kind.startswith("flt"):
            values = values.astype(np.float32)
        layout = track.codec_context.layout.name
        tone = av.AudioFrame.from_ndarray(values, format=kind, layout=layout)
        tone.sample_rate, tone.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
        tone.pts = begin + round(start_s * SOUND_RATE)
        found += track.encode(tone)
    return found + list(track.encode(None))


def cut(source: Path, path: Path, first_s: float = 0.0, last_s: float | None = None) -> Path:
    """Trim as phones do: packets stay, an edit list says what is shown of them."""
    with (
        av.open(str(source)) as whole,
        av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as part,
    ):
        to = {stream.index: part.add_stream_from_template(stream) for stream in whole.streams}
        for packet in whole.demux():
            is_sound = packet.stream.type == "audio"
            if packet.dts is None or packet.pts is None:
                continue
            time = float(packet.pts * packet.time_base)
            if (is_sound and time < first_s) or (last_s is not None and time >= last_s):
                continue
            shift = round(first_s / packet.time_base)
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = to[packet.stream.index]
            part.mux(packet)
    return path


def shown(path: Path) -> tuple[list[float | None], list[float]]:
    """Where each audio track and each shown picture begins, in seconds."""
    with av.open(str(path)) as file:
        starts: list[float | None] = []
        for track in file.streams.audio:
            started = track.start_time
            starts.append(None if started is None else float(started * track.time_base))
        return starts, [float(f.pts * f.time_base) for f in file.decode(video=0)]


def duration(path: Path) -> float:
    """How long the picture track is shown."""
    with av.open(str(path)) as file:
        ends = [
            (packet.pts + packet.duration) * packet.time_base
            for packet in file.demux(video=0)
            if packet.pts is not None and not packet.is_discard
        ]
    starts = shown(path)[1]
    return float(max(ends)) - starts[0]
