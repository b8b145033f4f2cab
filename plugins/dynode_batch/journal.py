"""The journal of a batch: a line a finished row, so that a batch that was killed goes on."""

from __future__ import annotations

import array
import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import filelock

from dynode.errors import UsageError
from dynode.files import told_where_full
from dynode_batch.row import Outcome

_NAME = "rows.jsonl"


class Journal:
    """What is done in a folder; one process writes it, and a torn last line is no line.

    Attributes:
        folder: The folder of the outputs.
        done: Ids of the rows that are finished and whose files are there.
    """

    def __init__(self, folder: Path) -> None:
        """Open the journal of a folder, or begin one.

        Raises:
            UsageError: The folder cannot be made, or another batch writes into it.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = filelock.FileLock(folder / ".lock", timeout=0)
            self._lock.acquire()
            self._stream = (folder / _NAME).open("ab", buffering=0)
        except filelock.Timeout as error:
            raise UsageError(
                f"another batch writes into {folder}; wait for it, or choose another folder with -o"
            ) from error
        except OSError as error:
            raise UsageError(
                f"cannot write into {folder}: {error.strerror}; choose another place with -o"
            ) from error
        self._places = array.array("q")
        self.done = set[str]()
        self._read()

    def __enter__(self) -> Journal:
        """Return the journal."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let others write into the folder."""
        self._stream.close()
        self._lock.release()

    def _read(self) -> None:
        """Take in whole lines whose files are there, and cut off a torn one."""
        whole = 0
        with (self.folder / _NAME).open("rb") as stream:
            for line in stream:
                entry = _entry(line)
                if entry is None:
                    break
                whole += len(line)
                file = entry["file"]
                if file and not entry.get("shard") and not (self.folder / file).is_file():
                    continue
                self.done.add(entry["id"])
        self._stream.truncate(whole)

    def add(self, outcome: Outcome) -> None:
        """Write that a row is finished."""
        told = dataclasses.asdict(outcome)
        del told["error"], told["is_fatal"], told["retried"]
        self._append([told])
        self.done.add(outcome.id)

    def shelve(self, entries: Sequence[dict[str, Any]], shard: str) -> None:
        """Write that the files of rows are in a shard now."""
        self._append([{**entry, "shard": shard} for entry in entries])

    def _append(self, entries: Sequence[dict[str, Any]]) -> None:
        """Write lines at once, unbuffered: what a full disk cuts off is no line when it is read again."""
        lines = memoryview("".join(json.dumps(entry) + "\n" for entry in entries).encode())
        with told_where_full(self.folder / _NAME):
            while lines:
                lines = lines[self._stream.write(lines) :]

    def entries(self) -> Iterator[dict[str, Any]]:
        """Go through what is finished, one line at a time, in the order it was written."""
        with (self.folder / _NAME).open("rb") as stream:
            for line in stream:
                entry = _entry(line)
                if entry is not None and entry["id"] in self.done:
                    yield entry

    def keep_order(self, numbers: dict[str, int]) -> None:
        """Note the rows of this list, so that `in_order` gives them and no others.

        Args:
            numbers: Place in the list, by id.
        """
        self._places = array.array("q", [-1]) * (1 + max(numbers.values(), default=-1))
        with (self.folder / _NAME).open("rb") as stream:
            place = 0
            for line in stream:
                entry = _entry(line)
                if entry is not None and entry["id"] in self.done and entry["id"] in numbers:
                    self._places[numbers[entry["id"]]] = place
                place += len(line)

    def in_order(self) -> Iterator[dict[str, Any]]:
        """Go through the finished rows in the order of the list; the last line of a row counts."""
        with (self.folder / _NAME).open("rb") as stream:
            for number, place in enumerate(self._places):
                if place < 0:
                    continue
                stream.seek(place)
                entry = _entry(stream.readline())
                assert entry is not None
                yield {**entry, "number": number}

    def figure_names(self) -> list[str]:
        """Name the figures of the rows, in the order in which they first come."""
        names = dict[str, None]()
        for entry in self.in_order():
            names |= dict.fromkeys(entry["figures"])
        return list(names)


def _entry(line: bytes) -> dict[str, Any] | None:
    """Read a line; None for one that is torn or foreign."""
    try:
        told = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return None
    is_whole = (
        isinstance(told, dict) and {"id", "number", "source", "file", "figures"} <= told.keys()
    )
    return told if is_whole else None
