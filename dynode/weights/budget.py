"""What may be made of a file: no more than stands in it, however often it says so."""

from __future__ import annotations

from pathlib import Path

from dynode.weights.refusals import unsafe

# A checkpoint with networks and optimizers takes less than a third of the instructions.
MOST_INSTRUCTIONS = 500_000
_FREE = 2**20  # bytes; small files repeat small things


class Budget:
    """Counts what the parts of one file cost, and refuses what no data needs.

    A pickle may use a value as often as it likes for two bytes each. Whatever copies one, joins texts
    or reads a tensor spends from here, so that all copies together stay near the size of the file.
    """

    def __init__(self, path: Path, size: int) -> None:
        """Start counting for a file of `size` bytes."""
        self._path = path
        self._instructions = MOST_INSTRUCTIONS
        self._entries = MOST_INSTRUCTIONS  # each entry of a container takes an instruction at least
        self._made = size + _FREE
        self._read = 2 * size + _FREE

    def step(self, count: int = 1) -> None:
        """Count instructions of a pickle."""
        self._instructions -= count
        if self._instructions < 0:
            raise unsafe(self._path, f"its pickle has more than {MOST_INSTRUCTIONS:,} instructions")

    def copy(self, entries: int) -> None:
        """Count the entries of a container that a call copies."""
        self._entries -= entries
        if self._entries < 0:
            raise unsafe(self._path, "its pickle copies the same values without end")

    def make(self, size: int) -> None:
        """Count the bytes of a text or byte string that a call makes."""
        self._made -= size
        if self._made < 0:
            raise unsafe(self._path, "its pickle makes more text than it holds")

    def read(self, size: int) -> None:
        """Count the bytes that a tensor takes."""
        self._read -= size
        if self._read < 0:
            raise unsafe(self._path, "its tensors together are larger than the file")
