"""What a direction file tells about itself besides the offset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Calibration:
    """What strength 1 was measured to do.

    Attributes:
        attribute: The attribute that was measured; empty if none was.
        effect: Change of it at strength 1, in standard deviations over the generator's population.
        leakage: Change of the other attributes at strength 1, likewise.
        samples: Pictures it was measured on.
        scorer: What measured it.
        curve: `(strength, effect)` pairs; how far the effect stays proportional.
    """

    attribute: str = ""
    effect: float = 0.0
    leakage: Mapping[str, float] = field(default_factory=dict)
    samples: int = 0
    scorer: str = ""
    curve: tuple[tuple[float, float], ...] = ()

    @property
    def mean_leakage(self) -> float:
        """Mean absolute change of the other attributes at strength 1; 0 if none was measured."""
        return sum(map(abs, self.leakage.values())) / max(1, len(self.leakage))


@dataclass(frozen=True)
class DirectionInfo:
    """Where a direction comes from.

    Attributes:
        name: Short name such as `smile`.
        method: Method that found it.
        options: Its options, as plain JSON values.
        seed: Its seed.
        fingerprint: Fingerprint of the generator it was found on; empty for any.
        generator: Name of that generator.
        licence: SPDX identifier, or `unknown`.
        unit: What strength 1 means, in words.
        scale: How often the stored offset is added at strength 1; calibration changes this number
            and leaves the offset as it was found or published.
        calibration: What strength 1 was measured to do.
        figures: Figures of the search, such as accuracies.
        source: File it was imported from, or where it was published.
        created_with: Version of dynode that made it.
    """

    name: str = "direction"
    method: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # JSON values
    seed: int = 0
    fingerprint: str = ""
    generator: str = ""
    licence: str = "unknown"
    unit: str = "the method's own unit"
    scale: float = 1.0
    calibration: Calibration = Calibration()
    figures: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    created_with: str = ""
