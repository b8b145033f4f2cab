"""`dynode bench` and `dynode report`: every method on pictures whose truth is known, and pages of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_bench.battery import bench_metrics
    from dynode_bench.comparison import Comparison
    from dynode_bench.directions import bench_directions
    from dynode_bench.dynamics import bench_dynamics
    from dynode_bench.inverters import bench_inverters
    from dynode_bench.reporting import report
    from dynode_bench.rows import DirectionBench, Row
    from dynode_bench.video import bench_video
    from dynode_bench.writing import read_result

__all__ = [
    "Comparison",
    "DirectionBench",
    "Row",
    "bench_directions",
    "bench_dynamics",
    "bench_inverters",
    "bench_metrics",
    "bench_video",
    "read_result",
    "report",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Comparison": "dynode_bench.comparison",
        "DirectionBench": "dynode_bench.rows",
        "Row": "dynode_bench.rows",
        "bench_directions": "dynode_bench.directions",
        "bench_dynamics": "dynode_bench.dynamics",
        "bench_inverters": "dynode_bench.inverters",
        "bench_metrics": "dynode_bench.battery",
        "bench_video": "dynode_bench.video",
        "read_result": "dynode_bench.writing",
        "report": "dynode_bench.reporting",
    },
)
