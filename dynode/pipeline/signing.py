"""Say where a direction comes from, for methods that leave it to us."""

from __future__ import annotations

from dynode.direction.base import Direction
from dynode.direction.info import DirectionInfo
from dynode.errors import PluginError
from dynode.generator.protocol import GeneratorInfo
from dynode.options import recorded_options
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
    """Fill in what the info of directions lacks; those that another method found stay as they are.

    Options that differ from their defaults join those that the method tells of a direction itself.

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
    info, empty = direction.info, DirectionInfo()
    if info.method not in ("", method.name):
        return direction
    return direction.with_info(
        name=method.name if info.name == empty.name else info.name,
        method=method.name,
        options={**recorded_options(options), **info.options},
        seed=info.seed or seed,
        fingerprint=info.fingerprint or generator.fingerprint,
        generator=info.generator or generator.name,
        licence=generator.licence if info.licence == empty.licence else info.licence,
        created_with=info.created_with or __version__,
    )
