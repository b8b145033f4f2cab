"""What a file says, in a message: on one line, printable, short, whatever the file holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

_LONGEST_NAME = 100
_LONGEST_REASON = 160
_MOST_PARTS = 16
_DEEPEST = 2
# What these say is about our code, not about the file.
_REASONS: dict[type[BaseException], str] = {
    MemoryError: "it asks for more memory than there is",
    RecursionError: "it is nested without end",
    IndexError: "a part of it is missing",
    AttributeError: "a part of it is of another kind than expected",
    TypeError: "a part of it is of another kind than expected",
    AssertionError: "a part of it is of another kind than expected",
}


def shown(path: Path) -> str:
    """Return the file's name, printable, on one line and of bounded length."""
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 + 1 :]}"


def quoted(value: object, limit: int = 60) -> str:
    """Quote something the file says: printable, on one line, shortened.

    Only its beginning is looked at: what a few bytes share among themselves may be endless in print.
    """
    return repr(_cut(_told(value, limit, 0), limit))


def listed(names: list[str], limit: int = 3) -> str:
    """Quote the first names of a list and count the rest."""
    rest = len(names) - limit
    return ", ".join(quoted(name, 40) for name in names[:limit]) + (
        f" and {rest} more" if rest > 0 else ""
    )


def reason_of(error: BaseException) -> str:
    """Say in a few printable words why something failed."""
    for kind, words in _REASONS.items():
        if isinstance(error, kind):
            return words
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    words = " ".join(said[: 4 * _LONGEST_REASON].split())
    words = "".join(letter if letter.isprintable() else "?" for letter in words)
    if isinstance(error, KeyError):
        words = f"it lacks {words}"
    return _cut(words, _LONGEST_REASON) or type(error).__name__


def _told(value: object, limit: int, level: int) -> str:
    match value:
        case str():
            return value[: limit + 1] if level == 0 else repr(value[: limit + 1])
        case None | bool() | int() | float():
            return str(value)
        case dict():
            return f"a dictionary of {len(value)}"
        case tuple() | list() if level < _DEEPEST:
            opening, closing = "()" if isinstance(value, tuple) else "[]"
            only = "," if isinstance(value, tuple) and len(value) == 1 else ""
            return f"{opening}{_joined(value, limit, level)}{only}{closing}"
    return f"a {type(value).__name__}"


def _joined(values: Iterable[object], limit: int, level: int) -> str:
    first = list(itertools.islice(values, _MOST_PARTS + 1))
    told = [_told(value, limit, level + 1) for value in first[:_MOST_PARTS]]
    return ", ".join(told + ["…"] * (len(first) > _MOST_PARTS))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
