"""WebDataset shards: the files of rows in tar archives, so many rows each."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from typing import Any

from dynode.files import written
from dynode_batch.journal import Journal


def pack(journal: Journal, size: int) -> int:
    """Move the files of finished rows into shards, in the order of the list.

    A shard holds, for each row, its file as `ID.SUFFIX` and its figures as `ID.json`. Rows that are in a
    shard already stay there; the files go when the journal says so.

    Args:
        journal: Of the batch.
        size: Rows a shard.

    Returns:
        How many shards there are.
    """
    loose, shards = list[dict[str, Any]](), set[str]()
    for entry in journal.in_order():
        if entry.get("shard"):
            shards.add(entry["shard"])
            continue
        loose.append(entry)
        if len(loose) == size:
            shards.add(_write(journal, loose, len(shards)))
            loose = []
    if loose:
        shards.add(_write(journal, loose, len(shards)))
    return len(shards)


def _write(journal: Journal, entries: Sequence[dict[str, Any]], number: int) -> str:
    name = f"{number:06d}.tar"
    with (
        written(journal.folder / name) as temporary,
        tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for entry in entries:
            told = {key: entry[key] for key in ("source", "figures")}
            if entry["file"]:
                file = journal.folder / entry["file"]
                _add(archive, entry["id"] + file.suffix, file.read_bytes())
            _add(archive, entry["id"] + ".json", json.dumps(told).encode())
    journal.shelve(entries, name)
    for entry in entries:
        if entry["file"]:
            (journal.folder / entry["file"]).unlink(missing_ok=True)
    return name


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
