"""Benchmarks on worlds whose truth is known: every installed method on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.benching.battery import bench_metrics
    from dynode.benching.comparison import Comparison
    from dynode.benching.directions import bench_directions
    from dynode.benching.inverters import bench_inverters
    from dynode.benching.rows import DirectionBench, Row
    from dynode.benching.video import bench_video
    from dynode.benching.writing import read_result

__all__ = [
    "Comparison",
    "DirectionBench",
    "Row",
    "bench_directions",
    "bench_inverters",
    "bench_metrics",
    "bench_video",
    "read_result",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Comparison": "dynode.benching.comparison",
        "DirectionBench": "dynode.benching.rows",
        "Row": "dynode.benching.rows",
        "bench_directions": "dynode.benching.directions",
        "bench_inverters": "dynode.benching.inverters",
        "bench_metrics": "dynode.benching.battery",
        "bench_video": "dynode.benching.video",
        "read_result": "dynode.benching.writing",
    },
)
