"""Say where a direction comes from, for methods that leave it to us."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from dynode.direction.base import Direction
from dynode.direction.info import DirectionInfo
from dynode.errors import PluginError
from dynode.generator.protocol import GeneratorInfo
from dynode.plugins.methods import DirectionMethod
from dynode.version import __version__


def sign(
    found: Direction | list[Direction],
    method: DirectionMethod,
    options: object,
    generator: GeneratorInfo,
    *,
    seed: int,
) -> Direction | list[Direction]:
    """Fill in the info of directions whose method left it empty; any other stays as it is.

    Args:
        found: What the method returned.
        method: The method.
        options: The instance of its options that it ran with.
        generator: Description of the generator it ran on.
        seed: The seed it ran with.

    Raises:
        PluginError: The method returned something else than directions.
    """
    directions = found if isinstance(found, list) else [found]
    strangers = [type(one).__name__ for one in directions if not isinstance(one, Direction)]
    if strangers or not directions:
        raise PluginError(
            f"direction method {method.name!r} returned {strangers[0] if strangers else 'no direction'}; "
            f"expected a direction, or a list of some; tell its author ('dynode plugins' says who)"
        )
    done = [_sign(direction, method, options, generator, seed) for direction in directions]
    return done if isinstance(found, list) else done[0]


def _sign(
    direction: Direction,
    method: DirectionMethod,
    options: object,
    generator: GeneratorInfo,
    seed: int,
) -> Direction:
    if direction.info.method:
        return direction
    unnamed = direction.info.name == DirectionInfo().name
    return direction.with_info(
        name=method.name if unnamed else direction.info.name,
        method=method.name,
        options=_plain(options),
        seed=seed,
        fingerprint=generator.fingerprint,
        generator=generator.name,
        licence=generator.licence,
        created_with=__version__,
    )


def _plain(options: object) -> dict[str, Any]:
    """Return the options that differ from their defaults, as JSON values."""
    assert dataclasses.is_dataclass(options)
    told = {part.name: getattr(options, part.name) for part in dataclasses.fields(options)}
    defaults = {part.name: part.default for part in dataclasses.fields(options)}
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in told.items()
        if value != defaults[name]
    }
