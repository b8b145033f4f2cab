"""Whether codes are codes, and of a generator's shape."""

from __future__ import annotations

import operator
from typing import SupportsIndex

from dynode.errors import GeneratorMismatchError, UsageError
from dynode.latents.latents import Latents


def check_codes(latents: object, generator: str, rows: int, width: int) -> None:
    """Refuse what is no latents, or latents of a generator of another shape.

    Args:
        latents: What a user gave.
        generator: Its name, for messages.
        rows: Rows of its codes.
        width: Their width.

    Raises:
        UsageError: They are no `Latents`.
        GeneratorMismatchError: They have other rows or another width.
    """
    if not isinstance(latents, Latents):
        shape = getattr(latents, "shape", None)
        got = type(latents).__name__ + (f" of shape {tuple(shape)}" if shape is not None else "")
        raise UsageError(
            f"{generator} draws Latents, and this is a {got}; make some with generator.sample(1, seed=0), "
            f"generator.map(z), or dynode.Latents(w) of codes (n, {rows}, {width})"
        )
    if latents.w.shape[1:] != (rows, width):
        raise GeneratorMismatchError(
            f"latents have {latents.w.shape[1]} rows of width {latents.w.shape[2]}, "
            f"{generator} needs {rows} of width {width}; use latents of this generator"
        )


def counted(n: object) -> int:
    """Return how many codes to draw, or refuse what is no such number.

    Raises:
        UsageError: It is no whole number, or negative.
    """
    if isinstance(n, bool) or not isinstance(n, SupportsIndex) or operator.index(n) < 0:
        raise UsageError(f"n is {n!r}; expected how many codes to draw, a whole number such as 4")
    return operator.index(n)
