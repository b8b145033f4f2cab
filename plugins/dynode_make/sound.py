"""What a sound does over time: loudness, onsets, bands; and its track beside pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynode.errors import MediaError
from dynode.media import opened

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

TRAITS = ("loudness", "onsets", "bass", "middle", "treble")
"""What can be heard in a sound."""

_RATE, _HOP, _WINDOW = 24_000, 240, 480  # samples a second, between looks, in a look
_HOPS_A_SECOND = _RATE // _HOP
_BANDS_HZ = {"bass": (20, 250), "middle": (250, 4000), "treble": (4000, 12_000)}
_DECAY_S = 0.15
_CODECS = {".mp4": "aac", ".mov": "aac", ".mkv": "aac", ".webm": "libopus"}

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Hearing:
    """What a sound does, a hundred times a second.

    Attributes:
        seconds: How long it is.
        traits: By the names of `TRAITS`, values from 0 to 1, the most of this sound; value k belongs
            to the time k / 100 s.
    """

    seconds: float
    traits: dict[str, Floats]

    def at_frames(self, trait: str, frames: int, fps: float) -> Floats:
        """Return one value a frame, from 0 to 1: of onsets the strongest near it, else the mean.

        After an onset the value decays, by a factor e each 0.15 s.
        """
        values = self.traits[trait]
        edges = (np.arange(frames + 1) - 0.5) * _HOPS_A_SECOND / fps
        begins = np.clip(np.ceil(edges[:-1]).astype(int), 0, max(len(values) - 1, 0))
        ends = np.maximum(np.ceil(edges[1:]).astype(int), begins + 1)
        is_onset = trait == "onsets"
        pairs = zip(begins, ends, strict=True)
        seen = np.array([(values[a:b].max() if is_onset else values[a:b].mean()) for a, b in pairs])
        seen[np.arange(frames) / fps > self.seconds] = 0.0
        return _decayed(seen, np.exp(-1 / (fps * _DECAY_S))) if is_onset else seen


def _decayed(values: Floats, factor: float) -> Floats:
    kept = values.copy()
    for index in range(1, len(kept)):
        kept[index] = max(kept[index], kept[index - 1] * factor)
    return kept


def hear(path: Path) -> Hearing:
    """Listen to a file, in memory that hardly grows with its length: 40 bytes for each 10 ms.

    Onsets are the rises of the logarithm of the spectrum, summed over its lines (spectral flux).

    Args:
        path: Any file with an audio track.

    Raises:
        MediaError: It cannot be read, has no sound, or no length.

    Source:
        Bello et al. 2005, A tutorial on onset detection in music signals (spectral flux).
        Deviation: of the logarithm of the spectrum.
    """
    lines = np.fft.rfftfreq(_WINDOW, 1 / _RATE)
    masks = {name: (lines >= low) & (lines < high) for name, (low, high) in _BANDS_HZ.items()}
    found = dict[str, list[Floats]]((name, []) for name in TRAITS)
    before, samples = np.zeros((1, len(lines))), 0
    for block, new in _looks(path):
        samples += new
        spectrum = np.abs(np.fft.rfft(block * np.hanning(_WINDOW), axis=1))
        loud = np.log1p(100 * spectrum / _WINDOW)
        rises = np.diff(np.concatenate([before, loud]), axis=0).clip(min=0).sum(1)
        before = loud[-1:]
        found["loudness"].append(np.sqrt(np.square(block).mean(1)))
        found["onsets"].append(rises)
        for name, mask in masks.items():
            found[name].append(np.sqrt(np.square(spectrum[:, mask]).mean(1)))
    if samples < _WINDOW:
        raise MediaError(
            f"{path.name} holds {samples / _RATE:g} seconds of sound; expected a track of some length"
        )
    return Hearing(samples / _RATE, {name: _to_one(np.concatenate(p)) for name, p in found.items()})


def _to_one(values: Floats) -> Floats:
    top = float(values.max())
    return values / top if top > 0 else values


def _looks(path: Path) -> Iterator[tuple[Floats, int]]:
    """Give windows (n, 480) centred every 10 ms, and how many samples are new in them."""
    rest = np.zeros(_WINDOW // 2)
    for samples in _samples(path):
        rest = np.concatenate([rest, samples])
        yield from _windows(rest, len(samples))
        rest = rest[_used(len(rest)) :]
    yield from _windows(np.concatenate([rest, np.zeros(_WINDOW // 2)]), 0)


def _used(length: int) -> int:
    return max(0, (length - _WINDOW) // _HOP + 1) * _HOP


def _windows(samples: Floats, new: int) -> Iterator[tuple[Floats, int]]:
    count = _used(len(samples)) // _HOP
    every = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW) if count else samples
    if count:
        yield every[::_HOP][:count], new
    elif new:
        yield np.zeros((1, _WINDOW))[:0], new


def _samples(path: Path) -> Iterator[Floats]:
    """Decode to one channel, a second at a time."""
    import av

    with opened(path) as source:
        _check_audible(source, path)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
        held = list[Floats]()
        for frame in source.decode(audio=0):
            held += [part.to_ndarray()[0].astype(np.float64) for part in resampler.resample(frame)]
            if sum(map(len, held)) >= _RATE:
                yield np.concatenate(held)
                held = []
        held += [part.to_ndarray()[0].astype(np.float64) for part in resampler.resample(None)]
        if held:
            yield np.concatenate(held)


def _check_audible(source: InputContainer, path: Path) -> None:
    if not source.streams.audio:
        raise MediaError(
            f"{path.name} has no audio track; expected a sound such as track.wav, or a clip with one"
        )


def can_hold_sound(path: Path) -> bool:
    """Say whether a clip of this name can have the sound that `write_track` writes."""
    return path.suffix.lower() in _CODECS


def write_track(path: Path, target: Path, *, like: Path, seconds: float) -> None:
    """Encode the first audio track for a clip: AAC, for `.webm` Opus; in stereo at 48 kHz.

    Args:
        path: A file with sound.
        target: File to write, of the suffix of `like`.
        like: The clip, whose kind says the codec.
        seconds: Where it is cut off.

    Raises:
        MediaError: See `hear`.
    """
    import av

    with opened(path) as source, av.open(str(target), "w") as output:
        _check_audible(source, path)
        _encode(source, output, _CODECS[like.suffix.lower()], round(seconds * 48_000))


def _encode(source: InputContainer, output: OutputContainer, codec: str, samples: int) -> None:
    import av

    stream: Any = output.add_stream(codec, rate=48_000)  # of sound, as its codec says
    resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=48_000)
    left = samples
    for frame in source.decode(audio=0):
        for part in resampler.resample(frame):
            if left > 0:
                output.mux(stream.encode(part))
            left -= part.samples
        if left <= 0:
            break
    output.mux(stream.encode(None))
