"""Options of the method; importing them imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dynode

_DEGREES = tuple(f"{percent}%" for percent in range(0, 101, 10))


@dataclass(frozen=True)
class MicromotionOptions:
    """Options of a micromotion. Give a text or a clip."""

    text: str = dynode.option(
        "", help="What the motion does, with {degree} in it: 'a face with a {degree} smile'."
    )
    degrees: tuple[str, ...] = dynode.option(
        _DEGREES, help="What to put for {degree}, increasing; with --published its own list."
    )
    text_method: str = dynode.option(
        "styleclip", help="Direction method that edits the face by each text."
    )
    text_options: tuple[str, ...] = dynode.option((), help="Its options, NAME=VALUE by commas.")
    clip: Path | None = dynode.option(None, help="Video of the motion, instead of a text.")
    clip_inverter: str = dynode.option(
        "", help="Inverter of its frames; chosen by domain if absent."
    )
    clip_options: tuple[str, ...] = dynode.option((), help="Its options, NAME=VALUE by commas.")
    robust: bool = dynode.option(True, help="Take outliers out by robust PCA first.")
    rank: int = dynode.option(
        0, help="Components of a row of W+ that are kept; 0 goes by --variance.", min=0, max=64
    )
    variance: float = dynode.option(
        0.9, help="Share of a row's motion that the kept components explain.", min=0.0, max=1.0
    )
    truncation: float = dynode.option(
        0.7, help="Of the face that is edited by texts; 0 the mean face.", min=0.0, max=1.0
    )
    face: int | None = dynode.option(
        None, help="Seed of the face that is edited by texts; --seed if absent.", min=0
    )
    published: bool = dynode.option(
        False, help="Exactly the released steps: degrees, stopping rule, rank, end point."
    )
