"""Ids of rows: equal exactly where the output would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynode.errors import UsageError
from dynode_batch.identity import Identifier, identified
from dynode_batch.row import Job, Row


def id_of(
    path: Path,
    *,
    content: bytes = b"picture",
    fingerprint: str = "f",
    name: str = "a.png",
    options: dict[str, str] | None = None,
    **settings: Any,
) -> str:
    (path / name).write_bytes(content)
    job = Job("invert", path, None, None, {"seed": 0} | settings)
    return Identifier(job, fingerprint).id_of(Row(0, str(path / name), options or {}))


@pytest.mark.parametrize(
    "change",
    [
        {"content": b"other"},
        {"fingerprint": "g"},
        {"options": {"seed": "3"}},
        {"seed": 1},
        {"inverter_options": {"steps": "2"}},
    ],
    ids=["content", "generator", "column", "setting", "inverter"],
)
def test_whatever_shapes_the_output_changes_the_id(change: dict[str, Any], tmp_path: Path) -> None:
    assert id_of(tmp_path, **change) != id_of(tmp_path)


def test_a_name_does_not_change_the_id(tmp_path: Path) -> None:
    assert id_of(tmp_path, name="b.png") == id_of(tmp_path)


def test_a_file_among_the_settings_counts_by_its_content(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_bytes(b"1")
    first = id_of(tmp_path, inverter_options={"weights": str(weights)})

    weights.write_bytes(b"2")

    assert id_of(tmp_path, inverter_options={"weights": str(weights)}) != first


def test_two_rows_of_one_id_are_refused_by_name() -> None:
    rows = [Row(0, "a.png"), Row(4, "b.png")]

    with pytest.raises(UsageError, match=r"rows 1 and 5 .* \(a\.png, b\.png; 1 such"):
        identified(rows, lambda row: "same", skip_duplicates=False)


def test_duplicates_are_left_out_and_named_where_that_is_asked() -> None:
    rows = [Row(0, "a.png"), Row(4, "b.png")]

    usable, unusable, twice = identified(rows, lambda row: "same", skip_duplicates=True)

    assert [row.source for row in usable] == ["a.png"]
    assert unusable == []
    assert [(one.source, first.source) for one, first in twice] == [("b.png", "a.png")]


def test_a_file_that_is_not_there_fails_alone(tmp_path: Path) -> None:
    rows = [Row(0, str(tmp_path / "absent.png")), Row(1, "b.png")]

    def id_of(row: Row) -> str:
        return "b" if row.source == "b.png" else str(open(row.source))

    usable, unusable, _ = identified(rows, id_of, skip_duplicates=False)

    assert [row.source for row in usable] == ["b.png"]
    assert "No such file" in unusable[0].error
