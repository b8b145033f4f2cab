"""How a weights file is refused: one printable line that names the file."""

from __future__ import annotations

from pathlib import Path

from dynode.errors import (
    CorruptCheckpointError,
    UnsafeCheckpointError,
    UnsupportedCheckpointError,
)
from dynode.quoting import listed, quoted, shown

__all__ = ["corrupt", "listed", "quoted", "shown", "unsafe", "unsupported"]


def corrupt(
    path: Path, found: str, todo: str = "download or copy it again"
) -> CorruptCheckpointError:
    """Make the error for a file that is damaged or contradicts itself."""
    return CorruptCheckpointError(f"{shown(path)}: {found}; {todo}")


def unsafe(
    path: Path,
    found: str,
    todo: str = "nothing of it was run: load it where you trust it and save its state_dict() alone",
) -> UnsafeCheckpointError:
    """Make the error for a file that asks for more than being read."""
    return UnsafeCheckpointError(f"{shown(path)}: {found}; {todo}")


def unsupported(path: Path, found: str, todo: str) -> UnsupportedCheckpointError:
    """Make the error for a file of a kind that is not read."""
    return UnsupportedCheckpointError(f"{shown(path)}: {found}; {todo}")
