"""Options of the method; importing them imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

import dynode
from dynode.scoring import ScorerOptions


@dataclass(frozen=True)
class BoundaryOptions(ScorerOptions):
    """Options of a boundary."""

    conditions: tuple[str, ...] = dynode.option(
        (),
        help="What stays still: attributes, 'text|text' pairs, or direction files, by commas.",
    )
    space: str = dynode.option(
        "w", help="Space of the boundary; w+ finds one a row.", choices=("z", "w", "w+")
    )
    samples: int = dynode.option(
        0, help="Pictures to go by; 0 for 5000, or all labels.", unit="pictures", min=0, max=10**7
    )
    ratio: float = dynode.option(
        0.02, help="Share of them at each end that is trained on; above 1 a number.", min=1e-6
    )
    condition_ratio: float = dynode.option(
        0.3, help="The same for the boundaries of the conditions; 0.02 as published.", min=1e-6
    )
    split: float = dynode.option(
        0.7, help="Share of these that trains; the rest validates.", min=0.01, max=1.0
    )
    solver: str = dynode.option(
        "auto",
        help="published is libsvm; fast solves the same problem without scikit-learn; auto is fast.",
        choices=("auto", "fast", "published"),
    )
    truncation: float = dynode.option(1.0, help="Truncation of the pictures.", min=0.0, max=2.0)
    calibrate: bool = dynode.option(
        True, help="Make strength 1 one standard deviation of the attribute."
    )
