"""The kinds of directions that a file can hold: the core's own, and those of plugins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynode.direction.base import Direction
from dynode.direction.linear import LinearDirection
from dynode.direction.mapper import MapperDirection
from dynode.direction.network import NetworkDirection
from dynode.direction.path import PathDirection
from dynode.direction.style import StyleDirection
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.direction.weight import WeightDirection
from dynode.direction.z import ZDirection
from dynode.errors import DirectionFileError
from dynode.plugins.discovery import registry

KINDS: tuple[type[Direction], ...] = (
    PathDirection,  # before the other kind of its space, which has no key
    LinearDirection,
    ZDirection,
    StyleDirection,
    WeightDirection,
    NetworkDirection,
    MapperDirection,
    StyleMapperDirection,
)


def kind_of(space: str, description: Mapping[str, Any]) -> type[Direction] | None:
    """Return the class that reads a file.

    Args:
        space: What stands for the kind in the file.
        description: What the file tells besides tensors.

    Returns:
        The class; None if nothing that is installed here knows the kind.

    Raises:
        DirectionFileError: The plugin that registered it gives something else.
    """
    for kind in KINDS:
        if kind.space == space and (not kind.key or kind.key in description):
            return kind
    registered = registry().direction_kinds
    if space not in registered:
        return None
    found = registered[space].load()
    if not (isinstance(found, type) and issubclass(found, Direction) and found.space == space):
        raise DirectionFileError(
            f"the plugin that registered the direction kind {space!r} gives {found!r}; expected a subclass "
            f"of Direction whose space is {space!r}; tell its author ('dynode plugins' says who)"
        )
    return found
