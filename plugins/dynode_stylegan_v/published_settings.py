"""The configuration inside a published pickle, as plain values: omegaconf's trees, references resolved."""

from __future__ import annotations

from collections.abc import Mapping

_MOST_STEPS = 50
_MOST_VALUES = 10_000


class Settings:
    """A tree of settings, read by dotted names.

    Args:
        tree: Plain dictionaries, or what omegaconf's containers become in the safe reader; their
            references `${a.b}` are resolved from the root of the whole experiment.
    """

    def __init__(self, tree: object) -> None:
        self._tree = tree

    def get(self, name: str, default: object = None) -> object:
        """Find a value by its dotted name; missing and null ones are the default."""
        found = _follow(self._tree, name.split("."))
        return default if found is None else found

    def number(self, name: str, default: float) -> float:
        """Find a number; anything else is the default."""
        found = self.get(name)
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return found if is_number else default  # type: ignore[return-value]  # narrowed above

    def whole(self, name: str, default: int) -> int:
        """Find an integer; anything else is the default."""
        found = self.get(name)
        return found if isinstance(found, int) and not isinstance(found, bool) else default

    def flag(self, name: str, default: bool) -> bool:
        """Find a truth value; anything else is the default."""
        found = self.get(name)
        return found if isinstance(found, bool) else default

    def text(self, name: str, default: str) -> str:
        """Find a text; anything else is the default."""
        found = self.get(name)
        return found if isinstance(found, str) else default


def plain(tree: object) -> object:
    """Turn a tree into dictionaries, lists and values; references that lead nowhere become None."""
    return _plain(tree, [0])


def _plain(node: object, count: list[int]) -> object:
    count[0] += 1
    if count[0] > _MOST_VALUES:
        return None
    value = _resolved(node, _MOST_STEPS)
    inside = _inside(value)
    if isinstance(inside, Mapping):
        return {key: _plain(item, count) for key, item in inside.items()}
    if isinstance(inside, list | tuple):
        return [_plain(item, count) for item in inside]
    return inside if isinstance(inside, str | int | float | bool) else None


def _follow(node: object, names: list[str], steps: int = _MOST_STEPS) -> object:
    for name in names:
        inside = _inside(_resolved(node, steps))
        if not isinstance(inside, Mapping) or name not in inside:
            return None
        node = inside[name]
    node = _resolved(node, steps)
    return None if node == "???" else node


def _inside(node: object) -> object:
    """Return what an omegaconf container holds; other nodes are what they are."""
    if isinstance(node, Mapping) and "_metadata" in node and "_content" in node:
        return node["_content"]
    return node


def _resolved(node: object, steps: int) -> object:
    """Return the value of a leaf; a container as it is."""
    if not (isinstance(node, Mapping) and "_metadata" in node):
        return node
    value = node["_content"] if "_content" in node else node.get("_val")
    if not (isinstance(value, str) and value.startswith("${") and value.endswith("}")):
        return node if "_content" in node else value
    return _referred(node, value[2:-1], steps - 1) if steps else None


def _referred(node: Mapping[str, object], reference: str, steps: int) -> object:
    """Follow `a.b` from the root, `.a` and `..a` from the containers around the node."""
    start: object = node
    relative = len(reference) - len(reference.lstrip("."))
    climbed = 0
    while isinstance(start, Mapping) and isinstance(start.get("_parent"), Mapping):
        if (relative and climbed == relative) or climbed == _MOST_STEPS:
            break
        start, climbed = start["_parent"], climbed + 1
    return _follow(start, reference.lstrip(".").split("."), steps)
