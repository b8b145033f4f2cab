"""Options of pivotal tuning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dynode.distance import ReconstructionOptions
from dynode.options import option


@dataclass(frozen=True)
class PtiOptions(ReconstructionOptions):
    """Options of the inverter."""

    pivot: str = option(
        "auto",
        help="Inverter that finds the code the generator is tuned around; auto takes e4e where it has an "
        "encoder for the generator, else optimize.",
    )
    pivot_steps: int | None = option(
        None, help="Steps of that inverter, where it has some; its own default if absent.", min=0
    )
    delta: Literal["each", "one"] = option(
        "each", help="A delta for each picture, or one for all of them (the frames of a clip)."
    )
    rank: int = option(
        4, help="Rank of the delta of a convolution; 0 tunes whole weights.", min=0, max=512
    )
    steps: int = option(150, help="Steps of tuning.", unit="steps", min=1, max=100_000)
    learning_rate: float = option(
        0.001, help="Highest learning rate, in units of the stored weights.", min=0.0
    )
    locality: float = option(
        0.0,
        help="Weight of keeping other pictures as they are: those of codes near the pivot.",
        min=0.0,
    )
    batch: int = option(8, help="Pictures of one delta in a step.", unit="pictures", min=1)
