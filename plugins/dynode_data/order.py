"""The order of frames: digits count as numbers, so that frame2 stands before frame10."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")


def natural_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Return what names are sorted by.

    The published StyleGAN-V code sorts by characters, which scrambles `frame1.jpg, frame2.jpg, …,
    frame10.jpg` silently.
    """
    parts = _DIGITS.split(name)
    # Odd places hold digits. A number stands before text, and 1 before 01, whatever follows.
    key = [
        (place % 2 == 0, int(part) if place % 2 else 0, part) for place, part in enumerate(parts)
    ]
    return tuple(key)
