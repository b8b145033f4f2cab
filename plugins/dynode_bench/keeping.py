"""Rows of a benchmark that was stopped: kept one by one, and not measured again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from dynode_bench.rows import Row

Key = tuple[str, str, str]


class KeptRows:
    """Finished rows in a file of lines; in memory alone if there is no file.

    Lines of another spec, of other options, or half-written when the run was killed are passed over.

    Args:
        path: The file; None keeps nothing beyond this run.
        spec: What rows are measured on.
    """

    def __init__(self, path: Path | None, spec: Mapping[str, str]) -> None:
        self._path, self._spec = path, dict(spec)
        self._rows: dict[Key, Row] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._read(line)

    def get(self, method: str, attribute: str, options: str) -> Row | None:
        """Return a finished row."""
        return self._rows.get((method, attribute, options))

    def add(self, row: Row, options: str) -> None:
        """Keep a row."""
        self._rows[row.method, row.attribute, options] = row
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"spec": self._spec, "options": options, "row": asdict(row)})
        with self._path.open("a", encoding="utf-8") as kept:
            kept.write(f"\n{line}")  # a new line first, for the one before may be half-written

    def forget(self) -> None:
        """Remove the file: everything is measured."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _read(self, line: str) -> None:
        try:
            read = json.loads(line)
            row = Row(**{**read["row"], "curve": tuple(map(tuple, read["row"]["curve"]))})
            if read["spec"] == self._spec:
                self._rows[row.method, row.attribute, read["options"]] = row
        except (ValueError, KeyError, TypeError):
            return
