"""Degrees of a text: `{degree}` filled in, and how far along each one is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from dynode.errors import OptionError

PLACE = "{degree}"
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*%?")
_NOTHING = frozenset({"no", "not", "without"})


def filled_in(template: str, degrees: Sequence[str]) -> list[str]:
    """Put each degree into the template, by plain substitution.

    Args:
        template: A text that contains `{degree}`, anything else in it stays as it is.
        degrees: What to put there.

    Raises:
        OptionError: The template has no place for a degree.

    Source:
        The released code evaluates the text as a Python f-string, which runs what it finds there.
    """
    if PLACE not in template:
        raise OptionError(
            f"--text is {template!r}, without {PLACE}; expected a place for the degree, such as "
            f"'a face with a {PLACE} smile'"
        )
    return [template.replace(PLACE, degree) for degree in degrees]


def progress_of(degrees: Sequence[str]) -> Tensor:
    """Say how far along each degree is.

    Degrees with numbers (`30%`, `0.3`; `no` counts as 0) are spaced by these, any others evenly, in
    the order given.

    Args:
        degrees: At least two, increasing.

    Returns:
        (n,) float64, from 0 to 1.

    Raises:
        OptionError: There is one only, one occurs twice, or they are not in order.
    """
    listing = ",".join(degrees)
    if len(degrees) < 2:
        raise OptionError(
            f"--degrees is {listing!r}: {len(degrees)} anchor; expected at least 2, such as 0%,50%,100%"
        )
    numbers = [_number(degree) for degree in degrees]
    told = [(number, degree) for number, degree in zip(numbers, degrees, strict=True)]
    known = [(number, degree) for number, degree in told if number is not None]
    for (before, _), (after, degree) in zip(known, known[1:], strict=False):
        if not after > before:
            raise OptionError(
                f"--degrees is {listing!r}, not in order at {degree!r}; expected each more than the one "
                f"before, such as 0%,50%,100%"
            )
    if len({degree.strip().lower() for degree in degrees}) < len(degrees):
        raise OptionError(f"--degrees is {listing!r}, with one twice; expected different degrees")
    if len(known) < len(degrees):
        return torch.linspace(0, 1, len(degrees), dtype=torch.float64)
    values = torch.tensor([number for number, _ in known], dtype=torch.float64)
    return (values - values[0]) / (values[-1] - values[0])


def _number(degree: str) -> float | None:
    plain = degree.strip().lower()
    if plain in _NOTHING:
        return 0.0
    match = _NUMBER.fullmatch(plain)
    return float(match[1]) if match else None
