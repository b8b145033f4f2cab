"""The instructions of pickles that data needs, and what a pickle may name."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dynode.weights.refusals import unsafe
from dynode.weights.stored import WeightsFile

# Larger integers may share their hash, a million of them would take hours.
_LARGEST_KEY = 2**60

Names = Mapping[tuple[str, str], object]


@dataclass(frozen=True)
class Known:
    """A global of the allow-list that a pickle may call; the call makes data.

    Attributes:
        name: The dotted name.
        call: Makes the value from the file and the arguments; raises on unexpected ones.
    """

    name: str
    call: Callable[[WeightsFile, tuple[object, ...]], object]


class Skipped:
    """What stands for an object nobody needs, such as a date: nothing of it is built.

    Args:
        name: The dotted name of what the pickle asked for.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Take no notice."""


@runtime_checkable
class Stateful(Protocol):
    """A record whose state a pickle may set."""

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Take the state, or raise."""
        ...


class Discarded(dict[object, object]):
    """A dictionary whose items are of no use, such as an optimiser's: they are read and dropped."""


def checked_key(file: WeightsFile, value: object) -> object:
    """Return a key of a dictionary or set, which must be of a plain type.

    Raises:
        UnsafeCheckpointError: It is something else, or a huge integer.
    """
    if (
        value is None
        or isinstance(value, str)
        or (isinstance(value, int) and abs(value) < _LARGEST_KEY)
    ):
        return value
    raise unsafe(file.path, f"its pickle uses a {type(value).__name__} as a key")


CONSTANTS: dict[bytes, object] = {
    pickle.NONE: None,
    pickle.NEWTRUE: True,
    pickle.NEWFALSE: False,
}
EMPTY: dict[bytes, Callable[[], object]] = {
    pickle.EMPTY_DICT: dict,
    pickle.EMPTY_LIST: list,
    pickle.EMPTY_SET: set,
    pickle.EMPTY_TUPLE: tuple,
}
NUMBERS = {
    pickle.BININT: "<i",
    pickle.BININT1: "<B",
    pickle.BININT2: "<H",
    pickle.BINFLOAT: ">d",
}
TEXTS = {
    pickle.SHORT_BINUNICODE: ("<B", "utf-8"),
    pickle.BINUNICODE: ("<I", "utf-8"),
    pickle.BINUNICODE8: ("<Q", "utf-8"),
    pickle.SHORT_BINSTRING: ("<B", "latin-1"),
    pickle.BINSTRING: ("<I", "latin-1"),
}
BYTES = {
    pickle.SHORT_BINBYTES: "<B",
    pickle.BINBYTES: "<I",
    pickle.BINBYTES8: "<Q",
    pickle.BYTEARRAY8: "<Q",
}
GETS = {pickle.BINGET: "<B", pickle.LONG_BINGET: "<I"}
PUTS = {pickle.BINPUT: "<B", pickle.LONG_BINPUT: "<I"}
TUPLES = {pickle.TUPLE1: 1, pickle.TUPLE2: 2, pickle.TUPLE3: 3}
INSTRUCTION_NAMES = {
    code: name
    for name, code in vars(pickle).items()
    if name.isupper() and isinstance(code, bytes) and len(code) == 1
}
