"""What a batch is made of: rows on the way in, outcomes on the way out, and the job they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a list.

    Attributes:
        number: Its place in the list, from 0.
        source: The file to work on: a path, a file in a tar archive (`a.tar!/b.png`), or a URI.
        options: What its columns say; they go before the options of the command.
        error: Why it cannot be used, where that was seen while the list was read.
        id: Hash of content, edit, generator, options and versions; empty until it is known.
    """

    number: int
    source: str
    options: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    id: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Attributes:
        number: Place of the row.
        id: Id of the row.
        source: Its file.
        file: What was written, relative to the output folder; empty where nothing is.
        figures: What was measured.
        error: Why it failed; empty when it did not.
        is_fatal: Whether no other row can succeed either (a full disk).
        seconds: What it took.
        retried: Why an earlier try failed, of a row that succeeded at last.
    """

    number: int
    id: str
    source: str
    file: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    is_fatal: bool = False
    seconds: float = 0.0
    retried: str = ""


class Worker(Protocol):
    """A process's own copy of everything heavy, which works on one row after the other."""

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        """Write the output of a row; return its file, relative to the folder, and its figures."""
        ...


class Openable(Protocol):
    """What travels to a process and is opened there, once."""

    def open(self) -> Worker:
        """Load everything heavy."""
        ...


@dataclass(frozen=True)
class Job:
    """What is done to every row; it travels to every worker.

    Attributes:
        kind: `edit`, `invert`, `score` or `animate`.
        folder: Where outputs go, absolute.
        generator: Name or file; None for the bundled one.
        device: Where to compute; None for the default.
        settings: Keywords of the Python call that the rows share.
        method: Options of the direction method, by name.
        in_table: Codes are wanted as columns of a table, which has no room for offsets.
    """

    kind: str
    folder: Path
    generator: str | None
    device: str | None
    settings: Mapping[str, Any]
    method: Mapping[str, Any] = field(default_factory=dict)
    in_table: bool = False

    def open(self) -> Worker:
        """Load the generator and what the kind needs besides."""
        from dynode_batch.work import Fetching, open_worker

        return Fetching(open_worker(self))
