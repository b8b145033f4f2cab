"""Bytes that pickles of protocol 2 hold as texts, left in the file until they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from dynode.weights.budget import Budget
from dynode.weights.refusals import corrupt
from dynode.weights.stored import Bytes, FileSpan


@dataclass(frozen=True)
class LongText:
    """A long text of a pickle, still in its file as UTF-8."""

    span: FileSpan


class EncodedSpan:
    """Bytes that a pickle of protocol 2 holds as a long text, one character each.

    They are decoded whenever they are read, so that only those of one tensor are in memory.

    Args:
        text: The text in the file.
    """

    def __init__(self, text: LongText) -> None:
        self._span = text.span
        self.budget.make(text.span.size)
        self.size = len(self.decoded())

    @property
    def budget(self) -> Budget:
        """See `Bytes.budget`."""
        return self._span.budget

    def decoded(self) -> bytes:
        """Return all bytes."""
        raw = bytearray(self._span.size)
        self._span.read_into(memoryview(raw), 0)
        try:
            return raw.decode("utf-8").encode("latin-1")
        except UnicodeError as error:
            raise corrupt(self._span.file.path, "its pickle holds damaged bytes") from error

    def read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` with the bytes from `offset` on."""
        target[:] = self.decoded()[offset : offset + len(target)]

    def short_bytes(self, longest: int = 64) -> bytes:
        """Refuse: it is longer than one number."""
        raise corrupt(self._span.file.path, f"{self.size:,} bytes stand where one number belongs")


@dataclass(frozen=True)
class PartSpan:
    """A part of other bytes."""

    whole: Bytes
    offset: int
    size: int

    @property
    def budget(self) -> Budget:
        """See `Bytes.budget`."""
        return self.whole.budget

    def read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` with the bytes from `offset` on, counted from the start of the part."""
        self.whole.read_into(target, self.offset + offset)
