"""Registered things of one kind, by name: what may stand there and who put it there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from dynode.errors import PluginError, UnknownNameError
from dynode.plugins import formats, methods, picture_distance
from dynode.plugins.reserved import check_options, has_waiting_options

# Spaces of the core's own directions, which no plugin's kind may take.
RESERVED_KINDS = frozenset(("w+", "z", "s", "weights", "network", "mapper", "style-mapper"))
# The core's distances, and the words that mean one of them or none.
RESERVED_DISTANCES = frozenset(("auto", "lpips", "lpips-alex", "none", "pixels", "scorer"))
# The core's format of plain arrays.
RESERVED_FORMATS = frozenset(("arrays",))
_RESERVED: dict[type, frozenset[str]] = {
    methods.DirectionKind: RESERVED_KINDS,
    formats.Format: RESERVED_FORMATS,
    picture_distance.PictureDistance: RESERVED_DISTANCES,
}
_WORD = "[a-z0-9][a-z0-9-]*"

Thing = TypeVar("Thing")


class Shelf(Generic[Thing]):
    """Registered things of one kind, by name; a duplicate raises and names both owners."""

    def __init__(self, kind: str, classes: tuple[type, ...], *, in_groups: bool = False) -> None:
        """Make an empty shelf.

        Args:
            kind: What stands on it, for messages.
            classes: What a thing must be an instance of.
            in_groups: Whether a name can have two words, a group and what is in it.
        """
        self.kind = kind
        self._classes = classes
        self._name = re.compile(f"{_WORD}( {_WORD})?" if in_groups else _WORD)
        self._things: dict[str, tuple[Thing, str]] = {}
        self._unchecked: set[str] = set()  # their options are imported when they are asked for

    def add(self, thing: Thing, owner: str) -> None:
        """Add a thing under its own name.

        Raises:
            PluginError: It is of the wrong class, its name is unusable or taken, or its options
                cannot be typed on a command line.
        """
        self._check_class(thing)
        name = getattr(thing, "name", None)
        if not isinstance(name, str) or not self._name.fullmatch(name):
            raise PluginError(
                f"a {self.kind} has the name {name!r}; expected lower-case letters, digits and hyphens"
            )
        if name in self._things:
            raise PluginError(
                f"the {self.kind} {name!r} of {owner} is registered already, by {self._things[name][1]}; "
                f"uninstall one or load only one with DYNODE_LOAD_PLUGINS"
            )
        if any(isinstance(thing, kind) and name in names for kind, names in _RESERVED.items()):
            raise PluginError(
                f"the {self.kind} {name!r} of {owner} is one of dynode's own; rename it"
            )
        if has_waiting_options(thing):
            self._unchecked.add(name)
        else:
            check_options(thing, self.kind, name)
        self._things[name] = (thing, owner)

    def _check_class(self, thing: Thing) -> None:
        wanted = " or ".join(kind.__name__ for kind in self._classes)
        if inspect.isclass(thing):
            raise PluginError(f"class {thing.__name__} was registered; register an instance of it")
        if not isinstance(thing, self._classes):
            raise PluginError(f"a {self.kind} is a {type(thing).__name__}; expected a {wanted}")

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take back what the block added if it fails."""
        before = dict(self._things)
        try:
            yield
        except BaseException:
            self._things = before
            raise

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Take back what the block added when it ends."""
        before = dict(self._things)
        try:
            yield
        finally:
            self._things = before

    def owned_by(self, owner: str) -> tuple[str, ...]:
        """List the names an owner added."""
        return tuple(name for name, pair in self._things.items() if pair[1] == owner)

    def owner_of(self, name: str) -> str:
        """Return who added the thing of that name: module, distribution and its version."""
        return self._things[name][1] if name in self._things else ""

    def __getitem__(self, name: str) -> Thing:
        """Return the thing of that name.

        Raises:
            UnknownNameError: There is none; the message names the nearest.
            PluginError: Its options, which are imported on demand, cannot be typed on a command line.
        """
        if name not in self._things:
            raise UnknownNameError(self.kind, name, self._things)
        thing = self._things[name][0]
        if name in self._unchecked:
            check_options(thing, self.kind, name)
            self._unchecked.discard(name)
        return thing

    def __contains__(self, name: object) -> bool:
        """Say whether a name is taken."""
        return name in self._things

    def __iter__(self) -> Iterator[Thing]:
        """Go through the things in order of registration."""
        return iter([pair[0] for pair in self._things.values()])

    def __len__(self) -> int:
        """Count the things."""
        return len(self._things)
