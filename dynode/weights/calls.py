"""What all known globals share: how a call is described, checked and refused."""

from __future__ import annotations

from collections.abc import Callable

from dynode.weights.pickle_instructions import Known, Names
from dynode.weights.refusals import corrupt, quoted, unsafe
from dynode.weights.stored import MOST_AXES, WeightsFile

Arguments = tuple[object, ...]


def checked_sizes(file: WeightsFile, value: object) -> tuple[int, ...]:
    """Check that a value is a short tuple or list of integers.

    Raises:
        CorruptCheckpointError: It is something else.
    """
    if isinstance(value, tuple | list) and len(value) <= MOST_AXES:
        sizes = tuple(size for size in value if type(size) is int)
        if len(sizes) == len(value):
            return sizes
    raise corrupt(file.path, f"a tensor has the impossible shape {quoted(value)}")


def unexpected(file: WeightsFile, name: str) -> Exception:
    """Make the error for a call of a known name with strange arguments."""
    return unsafe(file.path, f"its pickle calls {name} with arguments that data never has")


def named(*entries: tuple[str, str, Callable[[WeightsFile, Arguments], object]]) -> Names:
    """Build a part of an allow-list from (module, name, what a call makes)."""
    return {(module, name): Known(f"{module}.{name}", call) for module, name, call in entries}
