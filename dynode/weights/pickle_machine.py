"""Read a pickle as data: its instructions build plain values, and nothing it names is imported.

Python's own unpickler runs whatever a pickle asks for, and even restricted by `find_class` it lets a
file allocate memory at will (a memo index of two thousand million, for instance). This machine
knows only the instructions that data needs, leaves long byte strings in the file, and bounds
everything else: what is read, and what is made of it (`Budget`).
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Mapping

from dynode.weights.encoded import LongText
from dynode.weights.pickle_instructions import (
    BYTES,
    CONSTANTS,
    EMPTY,
    GETS,
    INSTRUCTION_NAMES,
    NUMBERS,
    PUTS,
    TEXTS,
    TUPLES,
    Discarded,
    Known,
    Names,
    Skipped,
    Stateful,
    checked_key,
)
from dynode.weights.refusals import corrupt, quoted, unsafe
from dynode.weights.stored import FileSpan, WeightsFile

MOST_NESTED = 1_000
MOST_TEXT = 32 * 2**20  # a checkpoint with networks and optimizers takes less than a third
_LONGEST_INTEGER = 32
_LONG_TEXT = 4096  # bytes that protocol 2 writes as a text stay in the file from here on


class PickleMachine:
    """One run over one pickle.

    Args:
        file: The open file, positioned at the pickle.
        names: The globals that may occur; anything else is refused.
        end: Offset that the pickle must not cross.
        persistent: Makes the value of a persistent id; None if none may occur.
    """

    def __init__(
        self,
        file: WeightsFile,
        names: Names,
        *,
        end: int | None = None,
        persistent: Callable[[object], object] | None = None,
    ) -> None:
        self._file = file
        self._names = names
        self._end = file.size if end is None else end
        self._persistent = persistent
        self._stack: list[object] = []
        self._below: list[list[object]] = []
        self._memo: dict[int, object] = {}
        self._text = 0
        self._steps = self._table()

    def run(self) -> object:
        """Read to the end of the pickle and return its value.

        Raises:
            UnsafeCheckpointError: It asks for a global, an instruction or a size data never needs.
            CorruptCheckpointError: It is damaged or ends too early.
        """
        while True:
            self._file.budget.step()
            code = self._take(1)
            if code == pickle.STOP:
                return self._pop()
            step = self._steps.get(code)
            if step is None:
                raise self._strange(code)
            step(code)

    def _table(self) -> dict[bytes, Callable[[bytes], None]]:
        groups: list[tuple[Mapping[bytes, object], Callable[[bytes], None]]] = [
            (CONSTANTS, lambda code: self._push(CONSTANTS[code])),
            (EMPTY, lambda code: self._push(EMPTY[code]())),
            (NUMBERS, lambda code: self._push(self._unpack(NUMBERS[code]))),
            (TEXTS, self._read_text),
            (BYTES, lambda code: self._push(self._skip(self._unpack(BYTES[code])))),
            (GETS, lambda code: self._get(self._unpack(GETS[code]))),
            (PUTS, lambda code: self._put(self._unpack(PUTS[code]))),
            (TUPLES, lambda code: self._push(tuple(self._pop_many(TUPLES[code])))),
        ]
        table = {code: step for codes, step in groups for code in codes}
        return table | {
            pickle.PROTO: lambda code: self._discard(self._take(1)),
            pickle.FRAME: lambda code: self._discard(self._take(8)),
            pickle.MARK: self._mark,
            pickle.POP: lambda code: self._discard(self._pop()),
            pickle.POP_MARK: lambda code: self._discard(self._pop_mark()),
            pickle.MEMOIZE: lambda code: self._put(len(self._memo)),
            pickle.LONG1: self._read_integer,
            pickle.TUPLE: lambda code: self._push(tuple(self._pop_mark())),
            pickle.FROZENSET: lambda code: self._push(frozenset(map(self._key, self._pop_mark()))),
            pickle.APPEND: lambda code: self._extend([self._pop()]),
            pickle.APPENDS: lambda code: self._extend(self._pop_mark()),
            pickle.ADDITEMS: lambda code: self._add(self._pop_mark()),
            pickle.SETITEM: lambda code: self._set_items(self._pop_many(2)),
            pickle.SETITEMS: lambda code: self._set_items(self._pop_mark()),
            pickle.GLOBAL: self._global,
            pickle.STACK_GLOBAL: self._stack_global,
            pickle.REDUCE: self._call,
            pickle.NEWOBJ: self._call,
            pickle.BUILD: self._build,
            pickle.BINPERSID: self._load_persistent,
        }

    # Reading

    def _take(self, count: int) -> bytes:
        if count > self._end - self._file.position:
            raise self._file.truncated()
        return self._file.read(count)

    def _unpack(self, layout: str) -> int:
        number: int = struct.unpack(layout, self._take(struct.calcsize(layout)))[0]
        return number

    def _read_text(self, code: bytes) -> None:
        layout, encoding = TEXTS[code]
        length = self._unpack(layout)
        if length > self._end - self._file.position:
            raise self._file.truncated()
        if length >= _LONG_TEXT and self._is_encoding():
            self._push(LongText(self._skip(length)))
            return
        self._text += length
        if self._text > MOST_TEXT:
            raise unsafe(self._file.path, f"its pickle holds more than {MOST_TEXT:,} bytes of text")
        try:
            self._push(self._take(length).decode(encoding))
        except UnicodeDecodeError as error:
            raise corrupt(self._file.path, "its pickle holds text that is not UTF-8") from error

    def _skip(self, length: int) -> FileSpan:
        start = self._file.position
        if length > self._end - start:
            raise self._file.truncated()
        self._file.seek(start + length)
        return FileSpan(self._file, start, length)

    def _is_encoding(self) -> bool:
        """Tell whether the next value is the text that protocol 2 writes for bytes."""
        top = self._stack[-1:]
        return bool(top) and isinstance(top[0], Known) and top[0].name == "_codecs.encode"

    def _read_integer(self, code: bytes) -> None:
        length = self._unpack("<B")
        if length > _LONGEST_INTEGER:
            raise unsafe(self._file.path, f"its pickle holds an integer of {length} bytes")
        self._push(int.from_bytes(self._take(length), "little", signed=True))

    # The stack and the memo

    def _discard(self, value: object) -> None:
        del value

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _pop(self) -> object:
        return self._pop_many(1)[0]

    def _pop_many(self, count: int) -> list[object]:
        if len(self._stack) < count:
            raise self._damaged()
        values = self._stack[-count:]
        del self._stack[-count:]
        return values

    def _mark(self, code: bytes) -> None:
        if len(self._below) == MOST_NESTED:
            raise unsafe(self._file.path, f"its pickle is nested more than {MOST_NESTED:,} deep")
        self._below.append(self._stack)
        self._stack = []

    def _pop_mark(self) -> list[object]:
        if not self._below:
            raise self._damaged()
        values = self._stack
        self._stack = self._below.pop()
        return values

    def _top(self) -> object:
        if not self._stack:
            raise self._damaged()
        return self._stack[-1]

    def _get(self, index: int) -> None:
        if index not in self._memo:
            raise self._damaged()
        self._push(self._memo[index])

    def _put(self, index: int) -> None:
        self._memo[index] = self._top()

    # Containers

    def _key(self, value: object) -> object:
        return checked_key(self._file, value)

    def _extend(self, values: list[object]) -> None:
        target = self._top()
        if type(target) is list:
            target.extend(values)
        elif not isinstance(target, Skipped):
            raise self._strange_target("appends to", target)

    def _add(self, values: list[object]) -> None:
        target = self._top()
        if type(target) is not set:
            raise self._strange_target("adds to", target)
        target.update(map(self._key, values))

    def _set_items(self, values: list[object]) -> None:
        target = self._top()
        if isinstance(target, Skipped):
            return
        if not isinstance(target, dict):
            raise self._strange_target("sets items of", target)
        if len(values) % 2:
            raise self._damaged()
        if isinstance(target, Discarded):
            return
        target.update(zip(map(self._key, values[::2]), values[1::2], strict=True))

    # Globals and the records they make

    def _global(self, code: bytes) -> None:
        end = [self._file.read_line()[:-1].decode("latin-1") for _ in range(2)]
        self._push(self._look_up(end[0], end[1]))

    def _stack_global(self, code: bytes) -> None:
        module, name = self._pop_many(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise self._damaged()
        self._push(self._look_up(module, name))

    def _look_up(self, module: str, name: str) -> object:
        try:
            return self._names[module, name]
        except KeyError:
            raise unsafe(
                self._file.path,
                f"its pickle asks for {quoted(f'{module}.{name}')}, which is not on the list of"
                " names that data needs",
            ) from None

    def _call(self, code: bytes) -> None:
        target, arguments = self._pop_many(2)
        if not isinstance(target, Known) or not isinstance(arguments, tuple):
            raise self._strange_target("calls", target)
        self._push(target.call(self._file, arguments))

    def _build(self, code: bytes) -> None:
        state = self._pop()
        target = self._top()
        if isinstance(target, Stateful) and not isinstance(target, type):
            target.set_state(self._file, state)
        elif not isinstance(target, dict) or not isinstance(state, dict):
            # Attributes of a dictionary (torch keeps version numbers there) are not needed.
            raise self._strange_target("sets the state of", target)

    def _load_persistent(self, code: bytes) -> None:
        if self._persistent is None:
            raise unsafe(self._file.path, "its pickle refers to objects outside of it")
        self._push(self._persistent(self._pop()))

    # Refusals

    def _strange(self, code: bytes) -> Exception:
        name = INSTRUCTION_NAMES.get(code)
        if name is None:
            return self._damaged()
        return unsafe(
            self._file.path, f"its pickle uses the instruction {name}, which data never needs"
        )

    def _strange_target(self, what: str, target: object) -> Exception:
        return unsafe(
            self._file.path, f"its pickle {what} a {type(target).__name__}, which data never does"
        )

    def _damaged(self) -> Exception:
        return corrupt(self._file.path, f"its pickle is damaged near byte {self._file.position:,}")
