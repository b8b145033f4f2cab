"""Directions as users name them: a file or a name, with a strength behind a colon if they like."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

from dynode.direction.base import Direction
from dynode.errors import OptionError
from dynode.pipeline.library import direction_path

Named = Direction | str | Path | tuple[Direction | str | Path, float]
"""A direction, its file or name (`smile`, `smile:1.5`), or a pair of one of them and a strength."""


def split_strength(text: str, *, option: str = "--direction") -> tuple[str, float]:
    """Divide `FILE|NAME[:STRENGTH]`; a file whose own name holds a colon is left whole.

    Raises:
        OptionError: What stands behind a file and a colon is no finite number.
    """
    if os.path.isfile(text):
        return text, 1.0
    name, colon, told = text.rpartition(":")
    if not colon:
        return text, 1.0
    try:
        strength = float(told)
    except ValueError:
        if not os.path.isfile(name):
            return text, 1.0  # a whole name with colons; whoever looks for it says what is known
        raise OptionError(
            f"{option} is {text!r}; expected a strength after the colon, such as {name}:1.5"
        ) from None
    if not math.isfinite(strength):
        raise OptionError(f"{option} is {text!r}; expected a finite strength such as {name}:1.5")
    return name, strength


def with_strength(
    named: Named,
    find: Callable[[str | Path], Path] = direction_path,
    *,
    option: str = "--direction",
) -> tuple[Direction | Path, float]:
    """Return the direction, or its file, and the strength that was asked for.

    Args:
        named: What the user gave.
        find: Finds the file of a name.
        option: How the user gave it, for messages.

    Raises:
        OptionError: See `split_strength`.
        UnknownNameError: There is no such file and no direction of that name.
    """
    if isinstance(named, Direction):
        return named, 1.0
    if isinstance(named, tuple):
        direction, strength = named
        found, own = with_strength(direction, find, option=option)
        return found, own * strength
    name, strength = split_strength(os.fspath(named), option=option)
    return find(name), strength
