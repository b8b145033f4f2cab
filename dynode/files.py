"""Files that are never half-written and never trusted: outputs, the readers' boundary, safetensors."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.errors import (
    CorruptCheckpointError,
    DiskFullError,
    DynodeError,
    OutputExistsError,
    UsageError,
)
from dynode.quoting import reason_of, shown

if TYPE_CHECKING:
    from torch import Tensor

_LARGEST_HEADER = 32 * 2**20
_FULL = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)}
UNFINISHED = (
    ".unfinished-"  # before the names of what is being written, which stays if a writer is killed
)


@contextlib.contextmanager
def written(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`, and rename it to `path` when the block ends well.

    Args:
        path: The file to make; its folder is made if it is absent. Of a symbolic link the target is
            made, and the link stays.

    Yields:
        A name with the same suffix in the same folder, of this call alone; it is removed if the block
        fails.

    Raises:
        UsageError: The folder cannot be written to, or `path` is a folder itself.
        DiskFullError: There is no room.
    """
    path = Path(path)
    path = path.resolve() if path.is_symlink() else path
    temporary = _made_beside(path)
    try:
        with told_where_full(path):
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed writers left below a folder, in which nobody writes any more."""
    for path in list(folder.rglob(f"{UNFINISHED}*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def told_where_full(path: Path) -> Iterator[None]:
    """Say in one line that there is no room for a file.

    Args:
        path: The file that is written.

    Raises:
        DiskFullError: There is no room.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or error.errno not in _FULL:
            raise
        raise DiskFullError(
            f"cannot write {path}: {os.strerror(error.errno)}; nothing was changed: make room, or choose "
            f"another place with -o"
        ) from error


def _made_beside(path: Path) -> Path:
    """Make an empty file of a new name in the folder of `path`, with the same suffix."""
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder; choose a file name with -o")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=UNFINISHED, suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}; choose another place with -o"
        ) from error
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_free(path: Path, *, force: bool) -> None:
    """Refuse an output that exists.

    Raises:
        OutputExistsError: It exists and `force` is off.
    """
    if str(path) == "-":
        raise UsageError(
            "'-' would be standard output, which nothing is written to; name a file with -o"
        )
    if path.exists() and not force:
        raise OutputExistsError(
            f"{path} exists already; nothing was changed: choose another name with -o or add --force"
        )


@contextlib.contextmanager
def reading(
    path: Path,
    what: str,
    todo: str = "make it again or check the path",
    *,
    error: type[DynodeError] = CorruptCheckpointError,
) -> Iterator[None]:
    """Turn whatever fails while a file is read into one line that names the file.

    The boundary of every reader. A damaged or hostile file makes the libraries that parse it raise
    anything (of `struct`, `zlib`, `tokenize`, ...), so nothing is told apart here but our own errors,
    which pass, and warnings that the caller made errors.

    Args:
        path: The file.
        what: What it is read as, in words.
        todo: What was expected, and what to do.
        error: What is raised.

    Raises:
        DynodeError: Of the type `error`: the block failed.
    """
    try:
        yield
    except (DynodeError, Warning):
        raise
    except Exception as foreign:
        raise error(
            f"{shown(Path(path))} cannot be read as {what} ({reason_of(foreign)}); {todo}"
        ) from foreign


def save_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write a safetensors file atomically, the same bytes for the same content in every process."""
    from dynode.weights.safetensors_file import write_safetensors

    write_safetensors(tensors, path, metadata)


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file with its metadata.

    Raises:
        CorruptCheckpointError: The file is absent, or no safetensors file, or truncated.
    """
    from safetensors import safe_open

    with (
        reading(
            path, "safetensors", "expected a file dynode wrote; make it again or check the path"
        ),
        safe_open(path, framework="pt") as opened,
    ):
        names = list(opened.keys())
        return {name: opened.get_tensor(name) for name in names}, opened.metadata() or {}


def load_metadata(path: Path) -> dict[str, str]:
    """Read the metadata of a safetensors file, without torch; empty if it cannot be read."""
    try:
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(size, _LARGEST_HEADER)))
    except (OSError, ValueError, RecursionError):
        return {}
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(metadata, dict):
        return {}
    return {str(key): str(value) for key, value in metadata.items()}
