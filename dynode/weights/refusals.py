"""How a weights file is refused: one printable line that names the file, whatever the file holds."""

from __future__ import annotations

from pathlib import Path

from dynode.errors import (
    CorruptCheckpointError,
    UnsafeCheckpointError,
    UnsupportedCheckpointError,
)

_LONGEST_NAME = 100


def shown(path: Path) -> str:
    """Return the file's name, printable, on one line and of bounded length."""
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 + 1 :]}"


def quoted(text: object, limit: int = 60) -> str:
    """Quote something the file says: printable, on one line, shortened."""
    whole = text if isinstance(text, str) else str(text)
    short = whole if len(whole) <= limit else whole[: limit - 1] + "…"
    return repr(short)


def listed(names: list[str], limit: int = 3) -> str:
    """Quote the first names of a list and count the rest."""
    rest = len(names) - limit
    return ", ".join(quoted(name, 40) for name in names[:limit]) + (
        f" and {rest} more" if rest > 0 else ""
    )


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
