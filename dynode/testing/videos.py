"""Small videos made on the spot, with sound, rotation and uneven frame times as asked."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import av

_SOUND_RATE = 44100
_SOUND_FRAME = 1024


def write_test_video(
    path: Path,
    *,
    frames: int = 12,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (64, 64),
    rotation_deg: int = 0,
    sound: str = "aac",
    times_s: Sequence[float] | None = None,
    pictures: Sequence[np.ndarray] | None = None,
) -> Path:
    """Write a video whose frames grow brighter, with a tone as its sound.

    Args:
        path: Where to; the suffix gives the container.
        frames: Number of frames; 0 writes the sound alone.
        rate: Frames a second.
        size: (height, width) of the stored frames; odd ones in `.mkv` only.
        rotation_deg: Rotation to upright that players apply, counter-clockwise.
        sound: Codec of the audio track; empty for none.
        times_s: Time of each frame in seconds, for uneven spacing.
        pictures: Frames (h, w, 3) 8 bit instead of the growing brightness.

    Returns:
        The path.
    """
    import av

    clock = Fraction(rate) if times_s is None else Fraction(1000)
    times = [float(index / clock) for index in range(frames)] if times_s is None else times_s
    shown = _growing(size, frames) if pictures is None else pictures
    with av.open(str(path), "w") as container:
        video = container.add_stream(_codec(path, size), rate=Fraction(rate))
        assert isinstance(video, av.VideoStream)
        video.height, video.width = size
        video.pix_fmt = "yuv444p" if size[0] % 2 or size[1] % 2 else "yuv420p"
        video.codec_context.time_base = 1 / clock
        if rotation_deg:
            video.set_display_rotation(rotation_deg)
        audio = container.add_stream(sound, rate=_SOUND_RATE) if sound else None
        for picture, time in zip(shown, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(time * float(clock)), 1 / clock
            container.mux(video.encode(frame))
        if frames:
            container.mux(video.encode())
        if audio is not None:
            assert isinstance(audio, av.AudioStream)
            for tone in _tone(max(1.0, frames / float(rate))):
                container.mux(audio.encode(tone))
            container.mux(audio.encode())
    return path


def _growing(size: tuple[int, int], frames: int) -> list[np.ndarray]:
    levels = [round(255 * (index + 1) / (frames + 1)) for index in range(frames)]
    return [np.full((*size, 3), level, np.uint8) for level in levels]


def _codec(path: Path, size: tuple[int, int]) -> str:
    if size[0] % 2 or size[1] % 2:
        return "ffv1"  # takes odd sides; for .mkv
    return "vp9" if path.suffix == ".webm" else "h264"


def audio_bytes(path: Path) -> bytes:
    """Return the packets of a video's first audio track, joined."""
    import av

    with av.open(str(path)) as container:
        packets = container.demux(audio=0)
        return b"".join(bytes(packet) for packet in packets if packet.dts is not None)


def _tone(duration_s: float) -> list[av.AudioFrame]:
    import av

    phase = 2 * np.pi * 440 * np.arange(int(duration_s * _SOUND_RATE)) / _SOUND_RATE
    wave = np.tile((0.3 * np.sin(phase)).astype(np.float32), (2, 1))
    tones = []
    for begin in range(0, wave.shape[1], _SOUND_FRAME):
        part = np.ascontiguousarray(wave[:, begin : begin + _SOUND_FRAME])
        tone = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        tone.sample_rate, tone.pts = _SOUND_RATE, begin
        tone.time_base = Fraction(1, _SOUND_RATE)
        tones.append(tone)
    return tones
