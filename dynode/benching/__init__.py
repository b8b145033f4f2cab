"""Benchmarks on worlds whose truth is known: every installed method on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.benching.directions import bench_directions
    from dynode.benching.rows import DirectionBench, Row

__all__ = [
    "DirectionBench",
    "Row",
    "bench_directions",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "DirectionBench": "dynode.benching.rows",
        "Row": "dynode.benching.rows",
        "bench_directions": "dynode.benching.directions",
    },
)
