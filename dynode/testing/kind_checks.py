"""What every registered kind of direction promises."""

from __future__ import annotations

import inspect

from dynode.direction.base import Direction
from dynode.plugins.methods import DirectionKind
from dynode.testing.plugin_check import remedy


@remedy("return the class itself, a subclass of dynode.Direction whose space is the kind's name")
def the_class_carries_the_name(kind: DirectionKind) -> None:
    """`load` gives a class of directions, and its `space` is the name that files tell."""
    found = kind.load()
    assert inspect.isclass(found) and issubclass(found, Direction), f"load gives {found!r}"
    assert found.space == kind.name, f"the space of {found.__name__} is {found.space!r}"
    assert not inspect.isabstract(found), f"{found.__name__} lacks move or check_shape"


@remedy("give the class tensors and from_tensors; see docs/howto/direction-kinds.md")
def the_class_is_written_and_read(kind: DirectionKind) -> None:
    """The class itself says what a file keeps of it and how it is read."""
    found = kind.load()
    for name in ("tensors", "from_tensors"):
        assert name in vars(found), f"{found.__name__} has no {name} of its own"


@remedy("give the class a summary of one line")
def a_kind_has_a_summary(kind: DirectionKind) -> None:
    """There is a summary of one line."""
    assert kind.summary.strip() and "\n" not in kind.summary, "no summary of one line"


KIND_CHECKS = (the_class_carries_the_name, the_class_is_written_and_read, a_kind_has_a_summary)
