"""Options of the optimisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dynode.distance import ReconstructionOptions
from dynode.options import option


@dataclass(frozen=True)
class OptimizeOptions(ReconstructionOptions):
    """Options of the inverter."""

    space: Literal["w", "w+"] = option(
        "w+", help="One code for all rows (w), which edits better, or one a row (w+)."
    )
    steps: int = option(300, help="Most steps.", unit="steps", min=1, max=100_000)
    learning_rate: float = option(
        0.05, help="Highest step, in standard deviations of the generator's codes.", min=0.0
    )
    start: str = option(
        "mean", help="Where to start: mean, or the name of an inverter such as e4e."
    )
    anchor: float = option(
        0.0, help="Weight of the squared distance from the start, in standard deviations.", min=0
    )
    jitter: float = option(
        0.05, help="Noise on the codes at the beginning, in standard deviations.", min=0
    )
    noise_maps: bool = option(
        False, help="Optimise the noise too, regularised, so that the code need not draw it."
    )
    noise_weight: float = option(1e5, help="Weight of the noise regularisation.", min=0)
    patience: int = option(
        60, help="Stop when no picture improved for so many steps.", unit="steps", min=1
    )
