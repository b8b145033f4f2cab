"""A named factor; importing it imports nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Factor:
    """One continuous factor in [-1, 1] and what its two ends look like."""

    name: str
    low: str
    high: str
    group: str
