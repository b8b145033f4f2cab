"""Directions as users name them: a file or a name, with a strength behind a colon if they like."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from dynode.direction.base import Direction
from dynode.direction.stack import EditStack
from dynode.errors import OptionError
from dynode.pipeline.library import direction_path

Named = Direction | str | Path | tuple[Direction | str | Path, float]
"""A direction, its file or name (`smile`, `smile:1.5`), or a pair of one of them and a strength."""


SeveralNamed = Sequence[Named] | Named | EditStack
"""Several of them, one alone, or a stack whose strengths are numbers."""


def each_named(directions: SeveralNamed) -> list[Named]:
    """List what was named: one alone and the edits of a stack too.

    Raises:
        OptionError: It is none of these, or a strength of the stack is not one number.
    """
    if isinstance(directions, EditStack):
        return [(direction, checked_number(own, "strength")) for direction, own in directions]
    if isinstance(directions, str | Path | Direction):
        return [directions]
    if isinstance(directions, tuple) and len(directions) == 2 and _is_number(directions[1]):
        return [(directions[0], directions[1])]  # type: ignore[list-item]  # a pair, not two of them
    if not isinstance(directions, Sequence):
        raise OptionError(
            f"directions is a {type(directions).__name__}; expected a direction, its file or name such as "
            f"'smile:1.5', or a list of them"
        )
    return list(directions)  # type: ignore[arg-type]  # no pair: that was above


def checked_number(value: object, name: str) -> float:
    """Return a number as it is, or say that something else was given for it.

    Raises:
        OptionError: It is no finite number.
    """
    if _is_number(value) and math.isfinite(float(value)):  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    raise OptionError(f"{name} is {value!r}; expected a finite number such as 1.5")


def _is_number(value: object) -> bool:
    is_scalar = getattr(value, "ndim", None) == 0  # of numpy or torch
    return (isinstance(value, int | float) and not isinstance(value, bool)) or is_scalar


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


def without_strength(named: str | Path, job: str) -> str:
    """Return the file or name of a direction where a strength would mean nothing.

    Args:
        named: What the user gave.
        job: What is done with it, for the message, such as `exported`.

    Raises:
        OptionError: A strength stands behind it.
    """
    text = os.fspath(named)
    name, strength = split_strength(text, option="DIRECTION")
    if name != text:
        raise OptionError(
            f"DIRECTION is {text!r}; a direction is {job} as it is, the strength {strength:g} does not "
            f"apply: give {name} alone"
        )
    return text


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
    if isinstance(named, tuple) and len(named) == 2:
        direction, strength = named
        found, own = with_strength(direction, find, option=option)
        return found, own * checked_number(strength, "strength")
    if not isinstance(named, str | os.PathLike):
        raise OptionError(
            f"{option} is a {type(named).__name__}; expected a direction, its file or name such as "
            f"'smile:1.5', or a pair of one of them and a strength"
        )
    name, strength = split_strength(os.fspath(named), option=option)
    return find(name), strength
