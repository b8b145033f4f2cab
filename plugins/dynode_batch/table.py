"""The table of a batch: `table.csv` beside the outputs, or one Parquet file instead of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from dynode.errors import MissingWeightsError
from dynode.files import load_metadata, load_tensors, written
from dynode_batch.journal import Journal

_GROUP = 1000  # rows of a row group


def parquet() -> ModuleType:
    """Return pyarrow's module of Parquet.

    Raises:
        MissingWeightsError: pyarrow is not installed.
    """
    try:
        return import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingWeightsError(
            "Parquet needs pyarrow, which is not installed; type: pip install 'dynode-gan[parquet]'"
        ) from error


def write_csv(journal: Journal, path: Path) -> None:
    """Write what was done in the order of the list; the same bytes whatever order it was done in."""
    names = journal.figure_names()
    with written(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(["row", "id", "source", "output", *names])
        for entry in journal.in_order():
            figures = entry["figures"]
            told = [entry["number"], entry["id"], entry["source"], entry["file"]]
            lines.writerow([*told, *(figures.get(name, "") for name in names)])


def write_parquet(journal: Journal, path: Path) -> None:
    """Write figures and codes as one Parquet file, a thousand rows at a time.

    Codes are a column `w` of lists of float32, (rows × width) each; the shape and the generator's
    fingerprint stand in the metadata of the file.
    """
    import pyarrow

    names, writer = journal.figure_names(), None
    with written(path) as temporary:
        for group in _groups(journal.in_order()):
            columns: dict[str, Any] = {
                "row": [entry["number"] for entry in group],
                "id": [entry["id"] for entry in group],
                "source": [entry["source"] for entry in group],
            }
            columns |= {name: [e["figures"].get(name) for e in group] for name in names}
            metadata = dict[str, str]()
            files = [journal.folder / entry["file"] for entry in group if entry["file"]]
            if files:
                codes = [load_tensors(file)[0]["w"].float() for file in files]
                columns["w"] = [code.flatten().tolist() for code in codes]
                metadata = {"fingerprint": load_metadata(files[0]).get("fingerprint", "")}
                metadata["w_shape"] = "×".join(map(str, codes[0].shape[1:]))
            types = {"w": pyarrow.list_(pyarrow.float32()), "row": pyarrow.int64()}
            types |= dict.fromkeys(names, pyarrow.float64())
            schema = pyarrow.schema(
                [(name, types.get(name, pyarrow.string())) for name in columns], metadata=metadata
            )
            if writer is None:
                writer = parquet().ParquetWriter(temporary, schema)
            writer.write_table(pyarrow.table(columns, schema=schema))
        if writer is not None:
            writer.close()


def _groups(entries: Iterator[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    group = list[dict[str, Any]]()
    for entry in entries:
        group.append(entry)
        if len(group) == _GROUP:
            yield group
            group = []
    if group:
        yield group
