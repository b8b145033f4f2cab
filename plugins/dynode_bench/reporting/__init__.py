"""Reporting: charts as SVG, and folders of results as one page that loads nothing from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_bench.reporting.chart import Line, line_chart
    from dynode_bench.reporting.page import report

__all__ = [
    "Line",
    "line_chart",
    "report",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Line": "dynode_bench.reporting.chart",
        "line_chart": "dynode_bench.reporting.chart",
        "report": "dynode_bench.reporting.page",
    },
)
