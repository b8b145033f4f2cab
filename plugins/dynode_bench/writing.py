"""The files of a benchmark's result: a document, a table and a plot in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from dynode import files
from dynode_bench.comparison import Comparison
from dynode_bench.rows import DirectionBench

_SUFFIXES = (".json", ".md", ".svg")


class Result(Protocol):
    """What a benchmark found, whatever it compares."""

    @property
    def name(self) -> str:
        """What was compared, such as `directions`: the stem of its files."""
        ...

    def document(self) -> dict[str, object]:
        """Return everything as JSON can hold it."""
        ...

    def table(self) -> str:
        """Write everything as Markdown."""
        ...

    def summary(self) -> str:
        """Write what matters most as a Markdown table."""
        ...

    def plot(self) -> str:
        """Draw it as SVG."""
        ...


def read_result(document: Mapping[str, Any]) -> Result:
    """Read what `document` of a result returned."""
    kind = DirectionBench if document["bench"] == DirectionBench.name else Comparison
    return kind.of(document)


def check_free(name: str, folder: Path, *, force: bool) -> None:
    """Refuse to write over results.

    Raises:
        OutputExistsError: One of the files is there, and `force` is not given.
    """
    for suffix in _SUFFIXES:
        files.check_free(folder / f"{name}{suffix}", force=force)


def write(result: Result, folder: Path) -> None:
    """Write NAME.json, NAME.md and NAME.svg."""
    document = json.dumps(result.document(), indent=1, ensure_ascii=False)
    for suffix, text in zip(_SUFFIXES, (document, result.table(), result.plot()), strict=True):
        with files.written(folder / f"{result.name}{suffix}") as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
