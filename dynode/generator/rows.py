"""Rows of a W+ code as people name them: by number, from one on, or by zone."""

from __future__ import annotations

from dynode.errors import OptionError
from dynode.generator.protocol import GeneratorInfo

ZONES = {"coarse": (0, 3), "middle": (4, 7), "fine": (8, None)}
"""First and last row of each zone: 4-8, 16-32, and 64 pixels and more (Karras et al. 2019, section 3.1)."""


def parse_rows(text: str, info: GeneratorInfo, *, option: str = "--rows") -> list[int]:
    """Read rows such as `0-3`, `0,2,5-7`, `8-` or `coarse,fine`; all rows if the text is empty.

    Args:
        text: The rows, counted from 0; `8-` goes to the last, a zone is one of `ZONES`.
        info: The generator's description.
        option: How they were given, for messages.

    Returns:
        The rows, in order, each once.

    Raises:
        OptionError: It is something else, or names rows that the generator does not have.
    """
    last = info.num_layers - 1
    if not text:
        return list(range(last + 1))
    rows: set[int] = set()
    for part in text.split(","):
        first, end = _span(part.strip(), last)
        if not 0 <= first <= end <= last:
            raise OptionError(
                f"{option} is {text!r}; expected rows from 0 to {last} such as 0-3, 0,2,5, 4- or a zone: "
                f"{', '.join(ZONES)}; the rows of this generator are 0-{last}"
            )
        rows.update(range(first, end + 1))
    return sorted(rows)


def _span(part: str, last: int) -> tuple[int, int]:
    """Return the first and the last row of a part, (0, -1) where it is none."""
    if part in ZONES:
        first, end = ZONES[part]
        return first, last if end is None else min(end, last)
    low, dash, high = part.partition("-")
    if not low.isdecimal() or not (high.isdecimal() or not high) or len(part) > 20:
        return 0, -1
    if dash and not high:
        return int(low), last
    return int(low), int(high) if dash else int(low)
