"""Ids of rows: a hash of content, edit, generator, options and versions."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import dynode
from dynode.errors import DynodeError, UsageError
from dynode.pipeline import split_strength
from dynode_batch.row import Job, Row
from dynode_batch.sources import opened

VERSION = 1  # of what is hashed
_PART = 2**20  # bytes read at a time


class Identifier:
    """Hashes rows of one job; the edit is hashed by what it is, not by what it is called."""

    def __init__(self, job: Job, fingerprint: str) -> None:
        """Hash what all rows share.

        Args:
            job: What is done.
            fingerprint: Of the generator, or of the scorer.

        Raises:
            DynodeError: A direction of the job cannot be used.
        """
        import torch

        self._job = job
        self._directions: dict[str, str] = {}
        settings = _plain(dict(job.settings))
        settings.pop("directions", None)
        settings.pop("motion", None)
        self._shared = {
            "version": VERSION,
            "versions": [dynode.__version__, torch.__version__],
            "kind": job.kind,
            "generator": fingerprint,
            "settings": settings,
        }
        self._edit = [self._direction(str(name)) for name in _named(job)]

    def id_of(self, row: Row) -> str:
        """Hash a row.

        Raises:
            DynodeError: Its direction cannot be used.
            OSError: Its file cannot be read.
        """
        options = {**_plain(dict(self._job.method)), **_plain(dict(row.options))}
        named = options.pop("direction", None)
        edit = self._edit if named is None else [self._direction(named)]
        digest = hashlib.sha256()
        with opened(row.source) as stream:
            while part := stream.read(_PART):
                digest.update(part)
        content = digest.hexdigest()
        told = self._shared | {"content": content, "options": options, "edit": edit}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def _direction(self, named: str) -> str:
        """Hash a direction by the bytes of its file, with its strength."""
        if named not in self._directions:
            name, strength = split_strength(named)
            if self._job.kind == "animate":
                direction = dynode.animate(None, name, generator=self._job.generator).motion
            else:
                direction = dynode.load_direction(name)
            with tempfile.TemporaryDirectory() as folder:
                direction.save(Path(folder) / "a.safetensors")
                content = (Path(folder) / "a.safetensors").read_bytes()
            self._directions[named] = f"{hashlib.sha256(content).hexdigest()}:{strength:g}"
        return self._directions[named]


def _named(job: Job) -> list[Any]:
    motion = job.settings.get("motion")
    return [*job.settings.get("directions", ()), *([motion] if motion else [])]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make values comparable: files by their content, everything else as text."""
    told = dict[str, Any]()
    for name, value in values.items():
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            told[name] = _plain(dataclasses.asdict(value))
        elif isinstance(value, Mapping):
            told[name] = _plain(value)
        elif value and isinstance(value, str | Path) and Path(value).is_file():
            told[name] = hashlib.sha256(Path(value).read_bytes()).hexdigest()
        else:
            told[name] = None if value is None else str(value)
    return told


def _with_id(row: Row, id_of: Callable[[Row], str]) -> Row:
    """Give a row its id, or the reason why it has none."""
    try:
        return row if row.error else dataclasses.replace(row, id=id_of(row))
    except DynodeError as error:
        told = str(error)
    except OSError as error:
        told = f"{row.source} cannot be read ({error.strerror})"
    return dataclasses.replace(row, error=told)


def identified(
    rows: Iterable[Row], id_of: Callable[[Row], str], *, skip_duplicates: bool
) -> tuple[list[Row], list[Row], list[tuple[Row, Row]]]:
    """Give every row its id.

    Args:
        rows: The rows.
        id_of: Hashes one.
        skip_duplicates: Keep the first of rows of one id.

    Returns:
        Rows with ids; rows that cannot be used, with the reason; pairs of a row that is left out and
        the one that stands for it.

    Raises:
        UsageError: Two rows have one id, and `skip_duplicates` is off.
    """
    usable, unusable, twice = list[Row](), list[Row](), list[tuple[Row, Row]]()
    first: dict[str, Row] = {}
    for row in rows:
        told = _with_id(row, id_of)
        if told.error:
            unusable.append(told)
        elif told.id in first:
            twice.append((told, first[told.id]))
        else:
            usable.append(told)
            first[told.id] = told
    if twice and not skip_duplicates:
        second, one = twice[0]
        raise UsageError(
            f"rows {one.number + 1} and {second.number + 1} are the same picture with the same edit "
            f"({Path(one.source).name}, {Path(second.source).name}; {len(twice)} such in all); leave one "
            f"out, or add --skip-duplicates"
        )
    return usable, unusable, twice
