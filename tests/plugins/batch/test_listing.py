"""Lists of batches: what is a row, and what a wrong list is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from dynode.errors import DynodeError, MediaError, OptionError, UnknownNameError, UsageError
from dynode_batch.listing import read_list
from dynode_batch.row import Row


def picture(path: Path, colour: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), colour).save(path)
    return path


def test_a_folder_is_listed_by_name_with_folders_in_it(tmp_path: Path) -> None:
    first, second = picture(tmp_path / "a.png"), picture(tmp_path / "b" / "c.png")
    (tmp_path / "notes.txt").write_text("no picture")

    rows, left_out = read_list(tmp_path, ())

    assert [row.source for row in rows] == [str(first), str(second)]
    assert left_out == ["notes.txt"]


def write_csv(folder: Path) -> Path:
    (folder / "list.csv").write_text("source,strength,note\na.png,2,x\nb.png,,y\n")
    return folder / "list.csv"


def write_jsonl(folder: Path) -> Path:
    lines = [{"source": "a.png", "strength": 2, "note": "x"}, {"source": "b.png", "strength": None}]
    (folder / "list.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "list.jsonl"


def write_parquet(folder: Path) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    from pyarrow import parquet

    columns = {"source": ["a.png", "b.png"], "strength": ["2", None]}
    parquet.write_table(pyarrow.table(columns), folder / "list.parquet")
    return folder / "list.parquet"


@pytest.mark.parametrize("write", [write_csv, write_jsonl, write_parquet])
def test_columns_become_options_and_empty_cells_none(write: object, tmp_path: Path) -> None:
    rows, _ = read_list(write(tmp_path), ["strength"], ignored=["note"])  # type: ignore[operator]

    assert rows == [
        Row(0, str(tmp_path / "a.png"), {"strength": "2"}),
        Row(1, str(tmp_path / "b.png"), {}),
    ]


@pytest.mark.parametrize(
    ("name", "text", "error", "told"),
    [
        ("a.csv", "file\nx\n", UsageError, "has no column 'source' (found: file)"),
        ("a.csv", "source,strenght\nx,1\n", UnknownNameError, "did you mean 'strength'"),
        ("a.csv", "source,source\nx,1\n", OptionError, "the column 'source' twice"),
        ("a.csv", "source\n", UsageError, "has no rows"),
        ("a.txt", "x\n", UsageError, "expected a folder, a .tar, or a .csv, .jsonl or"),
    ],
    ids=["no source", "unknown column", "column twice", "no rows", "no list"],
)
def test_a_wrong_list_is_refused_in_one_line(
    name: str, text: str, error: type[DynodeError], told: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(error) as raised:
        read_list(tmp_path / name, ["strength"])

    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_list_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="does not exist"):
        read_list(tmp_path / "absent.csv", ())


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.jsonl", '{"source": "x"}\nno json\n', "line 2 of a.jsonl is no JSON object"),
        ("a.csv", "source,strength\nx,1\ny\n", "line 3 of a.csv has 1 values for 2 columns"),
        ("a.csv", "source,strength\nx,1\n,2\n", "row 2 has no 'source'"),
    ],
    ids=["no JSON", "short line", "no source"],
)
def test_an_unreadable_row_carries_why_and_the_others_stay(
    name: str, text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)

    rows, _ = read_list(tmp_path / name, ["strength"])

    assert [row.error for row in rows] == ["", told]
