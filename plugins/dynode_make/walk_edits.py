"""What is laid over a walk: directions with strengths over time, and truncation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dynode import load_direction
from dynode.direction import Direction
from dynode.errors import OptionError, UnknownNameError
from dynode.generator import Generator
from dynode.pipeline import Named, with_strength
from dynode_make.keyed import Keyed
from dynode_make.sounding import Follows

TRUNCATION = "truncation"
"""What stands for the distance from the mean code among the names of directions."""


def pulls_of(
    keys: Sequence[tuple[float, float]] | None, heard: Follows | None, generator: Generator
) -> Keyed | None:
    """Read the factor of truncation; None where it stays.

    Raises:
        OptionError: The generator has no mean code.
    """
    if keys is None and (heard is None or TRUNCATION not in (heard.traits or {})):
        return None
    if generator.info.mean_code == "absent":
        raise OptionError(
            f"truncation changes over time, and {generator.info.name} has no mean code; leave it out"
        )
    return Keyed.of(keys or 1.0)


def laid_over(
    directions: Sequence[Named],
    keys: Mapping[str, Sequence[tuple[float, float]]],
    generator: Generator,
) -> tuple[tuple[Direction, float, Keyed], ...]:
    """Load directions, with their strengths over time.

    Raises:
        OptionError: There are keys and no direction.
        UnknownNameError: Keys name none of them, or there is no such direction.
    """
    waiting, edits = dict(keys), list[tuple[Direction, float, Keyed]]()
    for named in directions:
        found, strength = with_strength(named)
        direction = found if isinstance(found, Direction) else load_direction(found)
        direction.check(generator.info)
        names = {direction.info.name, found.stem if isinstance(found, Path) else ""}
        keyed = next((waiting.pop(name) for name in names if name in waiting), [(0.0, 1.0)])
        edits.append((direction.ready_for(generator), strength, Keyed.of(keyed)))
    if waiting and not edits:
        raise OptionError(
            f"--key says how strong {next(iter(waiting))!r} is over time, and no direction is laid over the "
            f"walk; add --direction {next(iter(waiting))}"
        )
    for name in waiting:
        raise UnknownNameError("direction of --key", name, [d.info.name for d, _, _ in edits])
    return tuple(edits)
