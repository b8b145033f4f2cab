"""Figures, and everything one has to know to compare them with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figures:
    """What a metric found.

    Attributes:
        metric: Its name.
        values: The figures by name.
        spec: How they were measured, by name: the sides, the detector, the conventions.
        better: Which figures are better: `lower`, `higher`, or empty.
        frozen: Of clips: the same figures with every clip of A frozen at its first frame. A metric that
            hardly changes is blind to motion.
        seconds: How long it took.
    """

    metric: str
    values: Mapping[str, float]
    spec: Mapping[str, str]
    better: str = ""
    frozen: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def spec_line(self) -> str:
        """How they were measured, in one line."""
        return "; ".join(f"{name}: {value}" for name, value in self.spec.items())

    def document(self) -> dict[str, object]:
        """Return everything as JSON can hold it."""
        return {
            "metric": self.metric,
            "values": dict(self.values),
            "frozen": dict(self.frozen),
            "better": self.better,
            "spec": dict(self.spec),
            "seconds": round(self.seconds, 3),
        }
