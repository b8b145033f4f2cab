"""Figures in a folder: results of benchmarks and metrics, and what runs wrote while they went on."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dynode.errors import MediaError
from dynode.files import reading
from dynode_bench.reporting.chart import Line, line_chart
from dynode_bench.reporting.section import Section, of_markdown, table
from dynode_bench.writing import read_result

_LARGEST = 2**26
_MOST_POINTS = 600


def section_of_json(path: Path) -> Section | None:
    """Show a benchmark's result or a metric's figures; None where a document is something else.

    Raises:
        MediaError: It is no JSON, too large, or half of what it says it is.
    """
    document = _read(path)
    if not isinstance(document, Mapping):
        return None
    with reading(path, "a result", "write it again or take it away", error=MediaError):
        if "bench" in document:
            result = read_result(document)
            body = of_markdown(result.table()) + result.plot()
            return Section(f"Compared: {result.name}", body)
        if "metric" in document and "values" in document:
            return Section(f"{document['metric']} ({path.name})", _measured(document))
    return None


def section_of_log(path: Path) -> Section | None:
    """Draw the curves of a log of lines with `step`; None where there are none.

    Half-written lines, as a killed run leaves them, are counted and left out.
    """
    lines, broken = _lines(path)
    charts = [
        line_chart(own, x="step", y=title, title=title, size_px=(640, 300))
        for title, own in _curves(lines).items()
    ]
    if not charts:
        return None
    told = f"<p>{broken} broken lines are left out.</p>" if broken else ""
    return Section(f"Over the run ({path.name})", told + "".join(charts))


def _read(path: Path) -> Any:  # whatever JSON holds
    if path.stat().st_size > _LARGEST:
        raise MediaError(
            f"{path.name} has {path.stat().st_size:,} bytes; expected at most {_LARGEST:,}"
        )
    with reading(path, "JSON", "write it again or take it away", error=MediaError):
        return json.loads(path.read_text(encoding="utf-8"))


def _measured(document: Mapping[str, Any]) -> str:
    frozen = document.get("frozen") or {}
    head = ["figure", "value"] + ["of frozen clips"] * bool(frozen)
    rows = [
        [name, f"{value:.6g}"] + [f"{frozen[name]:.6g}" if name in frozen else ""] * bool(frozen)
        for name, value in document["values"].items()
    ]
    spec = "; ".join(f"{name}: {value}" for name, value in document.get("spec", {}).items())
    better = f"{document['better']} is better. " if document.get("better") else ""
    return table(head, rows) + of_markdown(f"{better}{spec}")


def _lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    found, broken = list[dict[str, Any]](), 0
    with path.open(encoding="utf-8", errors="replace") as log:
        for line in log:
            try:
                read = json.loads(line)
            except ValueError:
                read = None
            if isinstance(read, dict) and isinstance(read.get("step"), int):
                found.append(read)
            else:
                broken += 1
    return found, broken


def _curves(lines: list[dict[str, Any]]) -> dict[str, list[Line]]:
    """Gather points by chart and line: a chart for each figure, or for each metric."""
    points: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        for title, name, value in _figures(line):
            if math.isfinite(value):
                points[title][name].append((line["step"], value))
    return {
        title: [Line(name, _thinned(own)) for name, own in named.items()]
        for title, named in points.items()
    }


def _figures(line: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
    if isinstance(line.get("values"), dict):
        for kind, added in (("values", ""), ("frozen", ", frozen clips")):
            for name, value in (line.get(kind) or {}).items():
                if isinstance(value, int | float):
                    yield str(line.get("metric", "metric")), f"{name}{added}", float(value)
        return
    for name, value in line.items():
        if name != "step" and isinstance(value, int | float):
            yield name, name, float(value)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    step = max(1, len(points) // _MOST_POINTS)
    return [*points[:-1:step], points[-1]]
