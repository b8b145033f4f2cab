"""How many processes measure changes no figure, and one that is killed is a line."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dynode.errors import UsageError
from dynode.testing import tiny_generator
from dynode_bench import Row, bench_directions


@pytest.fixture(autouse=True)
def _small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNODE_PLUGIN_FILES", str(Path(__file__).with_name("small_world.py")))


def without_times(rows: list[Row]) -> list[Row]:
    return [replace(row, seconds=0.0) for row in rows]


def test_two_processes_find_what_one_finds_and_outlive_a_killed_one(tmp_path: Path) -> None:
    methods = ["once", "dying", "by-attribute"]

    alone = bench_directions(methods=["once", "by-attribute"], workers=1)
    both = bench_directions(methods=methods, workers=2, keep=tmp_path / "rows.jsonl")

    killed = {row.attribute: row for row in both.rows if row.method == "dying"}
    rest = [row for row in both.rows if row.method != "dying"]
    assert without_times(rest) == without_times(alone.rows)  # type: ignore[arg-type]  # lists
    assert all(row.leakage is not None for row in alone.rows if row.method == "by-attribute")
    assert both.spec == alone.spec
    assert killed["warm"].note == "its process ended: SIGKILL, as when memory is exhausted"
    assert killed["light"].note == "" and killed["light"].effect is not None
    kept = (tmp_path / "rows.jsonl").read_text(encoding="utf-8")
    assert kept.count('"method"') == 5  # so that the next run tries what is left alone


def test_rows_that_are_kept_are_not_found_by_another_process_again(tmp_path: Path) -> None:
    keep = tmp_path / "rows.jsonl"

    def kill(done: int, total: int, message: str = "") -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench_directions(methods=["once", "by-attribute"], keep=keep, workers=2, progress=kill)
    held = keep.read_text(encoding="utf-8").count("row")
    told: list[str] = []
    bench_directions(
        methods=["once", "by-attribute"],
        keep=keep,
        workers=1,
        progress=lambda done, total, message="": told.append(message),
    )

    assert held == 3 and len(told) == 1


def test_a_fault_of_a_method_is_its_row() -> None:
    rows = bench_directions(methods=["raising", "once"], attributes=["light"]).rows

    assert [row.note for row in rows] == ["ZeroDivisionError: by nothing", ""]


def test_the_example_plugin_of_the_tutorial_is_a_row_and_a_line_of_the_plot(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    example = repository / "examples" / "third_party_plugin" / "dynode_brighten.py"
    world = Path(__file__).with_name("small_world.py")
    monkeypatch.setenv("DYNODE_PLUGIN_FILES", f"{world}{os.pathsep}{example}")

    found = bench_directions(methods=["once", "brighten"], attributes=["light"])

    row = next(row for row in found.rows if row.method == "brighten")
    assert (row.note, len(row.curve)) == ("", 4) and row.leakage is not None
    assert ">brighten</text>" in found.plot() and found.plot().count("<polyline") == 2


def test_several_processes_load_their_generator_themselves() -> None:
    with pytest.raises(UsageError, match="2 workers were asked for and a loaded generator was"):
        bench_directions(tiny_generator(16), methods=["once", "by-attribute"], workers=2)


def test_as_many_processes_as_there_are_processors_is_one_for_a_loaded_generator() -> None:
    tiny = tiny_generator(16, w_dim=32, channels=8)

    found = bench_directions(tiny, methods=["once", "dying"], attributes=["light"], workers=None)

    assert [row.note for row in found.rows] == ["", ""]
