"""Pages show the figures that are in the results, and the marks of metrics are those that were found."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from dynode.plugins import Registry
from dynode_bench import read_result

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "bench"


@pytest.fixture(scope="module")
def benches() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benches", ROOT / "docs" / "benches.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("document", sorted(RESULTS.rglob("*.json")), ids=lambda path: path.stem)
def test_the_tables_beside_a_document_are_made_of_it(document: Path) -> None:
    result = read_result(json.loads(document.read_text(encoding="utf-8")))

    assert document.with_suffix(".md").read_text(encoding="utf-8") == result.table() + "\n"
    assert document.with_suffix(".svg").read_text(encoding="utf-8") == result.plot() + "\n"


def test_every_result_is_on_the_page(benches: ModuleType) -> None:
    written = benches.filled((ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8"))

    for document in RESULTS.glob("*.json"):
        result = read_result(json.loads(document.read_text(encoding="utf-8")))
        assert result.summary() in written, document.stem
    assert "%bench" not in written


def test_both_worlds_stand_side_by_side_on_the_page_of_skies(benches: ModuleType) -> None:
    written = benches.filled((ROOT / "docs" / "skies.md").read_text(encoding="utf-8"))
    rows = json.loads((RESULTS / "skies" / "directions.json").read_text(encoding="utf-8"))["rows"]

    assert "%bench" not in written
    for method in {row["method"] for row in rows}:
        own = [row for row in rows if row["method"] == method]
        reached = [row["leakage"] for row in own if row["leakage"] is not None]
        line = next(line for line in written.splitlines() if line.startswith(f"| {method} | "))
        told = [cell.strip() for cell in line.split("|")[5:-1]]
        assert told[0] == f"{len(reached)} of {len(own)}"
        assert told[2] == (f"{sum(reached) / len(reached):.3f}" if reached else "")


def test_metrics_that_rank_shuffled_frames_above_a_blur_are_marked() -> None:
    from dynode_metrics.plugin import register_metrics

    registry = Registry()
    register_metrics(lambda metric: registry.metrics.add(metric, "metrics"))
    rows = json.loads((RESULTS / "metrics.json").read_text(encoding="utf-8"))["rows"]
    measured = {row["metric"]: row["blind to order"] == "yes" for row in rows if not row["note"]}

    marked = {name: registry.metrics[name].blind_to_order for name in measured}

    assert marked == measured
    assert sum(measured.values()) >= 4
