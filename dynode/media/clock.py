"""When the frames of a clip are shown: their times, and the rate these amount to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

_UNKNOWN_RATE = Fraction(25)
_EVEN = 0.25  # of a frame, that an evenly spaced one may be away from its place
_FINEST = 1001  # denominator of the rates of television


@dataclass(frozen=True)
class Clock:
    """The times of the shown frames.

    Attributes:
        times_s: One for each frame in seconds, increasing, the first one 0.
        rate: Frames a second: (n - 1) / (last - first).
        is_regular: Whether the frames are evenly spaced; then `times_s` are multiples of 1 / `rate`.
        start_s: Time of the first frame on the clock of the file, which its sound keeps too.
        end_s: When the last frame ends, counted from the first.
        is_mended: Whether time stamps were missing or ran backwards.
    """

    times_s: tuple[float, ...]
    rate: Fraction
    is_regular: bool
    start_s: float
    end_s: float
    is_mended: bool = False


def clock_of(
    stamps: Sequence[Fraction | None],
    *,
    tick_s: Fraction,
    declared: Sequence[Fraction],
    last_s: Fraction | None = None,
) -> Clock:
    """Read the clock off time stamps.

    Args:
        stamps: Of every shown frame, in seconds; None where the file tells none.
        tick_s: To what the container rounds them.
        declared: Rates that the header names. One is believed where all stamps agree with it.
        last_s: How long the last frame is shown; None if unknown: as long as the others on average.
    """
    shown, is_mended = _increasing(list(stamps), declared)
    offsets = [stamp - shown[0] for stamp in shown]
    count = len(offsets)
    rate = _rate(offsets, tick_s, declared)
    ideal = [index / rate for index in range(count)]
    worst = max(abs(a - b) for a, b in zip(offsets, ideal, strict=True))
    is_regular = worst * rate <= _EVEN
    times = ideal if is_regular else offsets
    end = times[-1] + (last_s or 1 / rate)
    return Clock(tuple(map(float, times)), rate, is_regular, float(shown[0]), float(end), is_mended)


def _increasing(
    stamps: list[Fraction | None], declared: Sequence[Fraction]
) -> tuple[list[Fraction], bool]:
    """Return stamps that increase, and whether they had to be made up."""
    step = 1 / next(iter(declared), _UNKNOWN_RATE)
    known = [stamp for stamp in stamps if stamp is not None]
    if len(known) < len(stamps):
        first = known[0] if stamps[0] is not None else Fraction(0)
        return [first + index * step for index in range(len(stamps))], True
    if len(set(known)) == len(known) and _is_shuffled(known, step):
        return sorted(known), False  # AVI stamps frames in the order they are decoded
    gaps = np.diff(np.array(known, dtype=object))
    forward = sorted(gap for gap in gaps if gap > 0)
    usual = forward[len(forward) // 2] if forward else step
    mended = [known[0]]
    for gap in gaps:
        mended.append(mended[-1] + (gap if gap > 0 else usual))
    return mended, len(forward) < len(gaps)


def _is_shuffled(stamps: list[Fraction], step: Fraction) -> bool:
    """Say whether each stamp is at most a few frames away from its place in order."""
    pairs = zip(stamps, sorted(stamps), strict=True)
    return all(abs(stamp - place) <= 16 * step for stamp, place in pairs)


def _rate(offsets: Sequence[Fraction], tick_s: Fraction, declared: Sequence[Fraction]) -> Fraction:
    count = len(offsets)
    if count < 2:
        return next(iter(declared), _UNKNOWN_RATE)
    exact = (count - 1) / offsets[-1]
    for candidate in (*declared, exact.limit_denominator(_FINEST)):
        places = (index / candidate for index in range(count))
        if all(abs(a - b) <= tick_s for a, b in zip(offsets, places, strict=True)):
            return candidate
    return exact
