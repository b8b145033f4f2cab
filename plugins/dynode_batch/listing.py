"""Read the list of a batch: a folder, or a manifest whose columns become options."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dynode.errors import MediaError, OptionError, UnknownNameError, UsageError
from dynode.files import reading
from dynode.media import kind_of
from dynode_batch.row import Row
from dynode_batch.sources import is_remote, members, remote_files

SOURCE = "source"


def read_list(
    listed: Path | str, columns: Iterable[str], *, ignored: Sequence[str] = ()
) -> tuple[list[Row], list[str]]:
    """List the rows of a batch, and what is left out.

    Args:
        listed: A folder, whose pictures and clips are taken in order of their names, folders in it too, and
            those in its `.tar` files (WebDataset shards); such a file; a URI of a folder; or a `.csv`,
            `.jsonl` or `.parquet` with a column `source`, whose paths start from its folder.
        columns: Columns that mean something besides `source`.
        ignored: Columns to pass over.

    Returns:
        The rows, of which one that cannot be read carries why; and names of files that are no pictures, clips
        or codes.

    Raises:
        MediaError: There is nothing of that name, or no picture in it.
        UsageError: It is no list, or has no column `source`.
        UnknownNameError: A column means nothing.
    """
    if is_remote(str(listed)):
        return _rows(str(listed), *remote_files(str(listed)))
    path = Path(listed)
    if path.is_dir():
        return _of_folder(path)
    if not path.exists():
        raise MediaError(
            f"{path} does not exist; expected a folder, .tar, .csv, .jsonl or .parquet"
        )
    if path.suffix.lower() == ".tar":
        return _rows(path.name, *members(path))
    return _of_manifest(path, {*columns, *ignored, SOURCE}, ignored), []


def _of_manifest(path: Path, known: set[str], ignored: Sequence[str]) -> list[Row]:
    readers = {".csv": _of_csv, ".jsonl": _of_jsonl, ".parquet": _of_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"{path.name} is no list; expected a folder, a .tar, or a .csv, .jsonl or .parquet with a "
            f"column '{SOURCE}'"
        )
    rows = [
        _row(number, told, path.parent, known, ignored) for number, told in enumerate(reader(path))
    ]
    if not rows:
        raise UsageError(f"{path.name} has no rows; expected one a picture, with its '{SOURCE}'")
    return rows


def _of_folder(folder: Path) -> tuple[list[Row], list[str]]:
    used, others = list[str](), list[str]()
    for file in sorted(one for one in folder.rglob("*") if one.is_file() and not _hidden(one)):
        if file.suffix.lower() == ".tar":
            inside, beside = members(file)
            used += inside
            others += beside
        elif kind_of(file) in ("picture", "clip", "latents"):
            used.append(str(file))
        else:
            others.append(file.name)
    return _rows(str(folder), used, others)


def _rows(named: str, used: Sequence[str], others: list[str]) -> tuple[list[Row], list[str]]:
    if not used:
        raise MediaError(f"{named} holds no pictures or clips; give a folder with some in it")
    return [Row(number, source) for number, source in enumerate(used)], others


def _hidden(file: Path) -> bool:
    return file.name.startswith(".")


def _row(
    number: int,
    told: Mapping[str, Any] | str,
    folder: Path,
    known: set[str],
    ignored: Sequence[str],
) -> Row:
    if isinstance(told, str):
        return Row(number, "", error=told)
    for name in told:
        if name not in known:
            raise UnknownNameError("column", str(name), known)
    source = told.get(SOURCE)
    if source in (None, ""):
        return Row(number, "", error=f"row {number + 1} has no '{SOURCE}'")
    given = {
        name: str(value)
        for name, value in told.items()
        if name != SOURCE and name not in ignored and value not in (None, "")
    }
    place = str(source) if is_remote(str(source)) else str(folder / str(source))
    return Row(number, place, given)


def _of_csv(path: Path) -> Iterator[Mapping[str, Any] | str]:
    with (
        reading(path, "CSV", "expected UTF-8 text with a header", error=UsageError),
        path.open(newline="", encoding="utf-8-sig") as stream,
    ):
        lines = csv.reader(stream)
        header = next(lines, [])
        _check_header(path, header)
        for line in lines:
            if len(line) == len(header):
                yield dict(zip(header, line, strict=True))
            elif line:
                yield f"line {lines.line_num} of {path.name} has {len(line)} values for {len(header)} columns"


def _check_header(path: Path, header: Sequence[str]) -> None:
    if SOURCE not in header:
        raise UsageError(
            f"{path.name} has no column '{SOURCE}' (found: {', '.join(header)[:200] or 'nothing'}); name "
            f"the column of the files so"
        )
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise OptionError(f"{path.name} has the column {min(twice)!r} twice; rename one of them")


def _of_jsonl(path: Path) -> Iterator[Mapping[str, Any] | str]:
    with (
        reading(path, "JSON lines", "expected an object a line", error=UsageError),
        path.open(encoding="utf-8") as stream,
    ):
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                told = json.loads(line)
            except (ValueError, RecursionError):
                told = None
            yield (
                told
                if isinstance(told, dict)
                else f"line {number} of {path.name} is no JSON object"
            )


def _of_parquet(path: Path) -> Iterator[Mapping[str, Any] | str]:
    from dynode_batch.table import parquet

    with reading(path, "Parquet", "make it again", error=UsageError):
        opened = parquet().ParquetFile(path)
        _check_header(path, opened.schema_arrow.names)
        for group in opened.iter_batches(batch_size=1000):
            yield from group.to_pylist()
