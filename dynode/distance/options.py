"""Options of inverters that compare pictures; importing them imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dynode.options import option


@dataclass(frozen=True)
class ReconstructionOptions:
    """Options that inverters share."""

    l2: float = option(1.0, help="Weight of the mean squared error of pixels.", min=0)
    l1: float = option(0.2, help="Weight of the mean absolute error of pixels.", min=0)
    perceptual: float = option(0.8, help="Weight of the perceptual distance.", min=0)
    distance: str = option(
        "auto",
        help="Perceptual distance; auto takes lpips where its weights are given, else the scorer of "
        "the generator's domain, else none; or lpips, lpips-alex, scorer, pixels, none, a plugin's.",
    )
    distance_weights: Path | None = option(
        None, help="Weights of the backbone of LPIPS, or of a plugin's distance."
    )
