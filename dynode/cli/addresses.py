"""Addresses on the command line: `hf://…` and `https://…` stand for the files fetched from there."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A word, or the value of `--option=…` or `name=…`; a direction's strength stands behind it.
_ADDRESS = re.compile(
    r"(?P<before>(?:-{0,2}[\w-]+=)?)(?P<address>(?:hf|https)://\S+?)(?P<after>(?::-?[\d.]+)?)"
)
_ON_ADDRESSES = ("models", "plugins")  # these commands fetch or install what lies there
_WITH_VALUE = "--plugin-file"  # the option before a command that takes one


def with_files(arguments: Sequence[str]) -> list[str]:
    """Put the fetched file in place of every address, but in commands that are about addresses.

    Raises:
        MissingWeightsError: A file was not fetched yet.
        OptionError: An address names no file.
    """
    if _command(arguments) in _ON_ADDRESSES:
        return list(arguments)
    return [_with_file(word) for word in arguments]


def _command(arguments: Sequence[str]) -> str:
    """Return the first word that is neither an option nor its value."""
    pairs = zip(("", *arguments), arguments, strict=False)
    words = (word for before, word in pairs if before != _WITH_VALUE and not word.startswith("-"))
    return next(words, "")


def _with_file(word: str) -> str:
    found = _ADDRESS.fullmatch(word)
    if found is None:
        return word
    from dynode.models import fetched_path

    return f"{found['before']}{fetched_path(found['address'])}{found['after']}"
