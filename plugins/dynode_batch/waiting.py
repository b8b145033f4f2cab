"""Which row comes next, and what becomes of a row whose worker ended; shared by all backends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from dynode.errors import PluginError
from dynode_batch.row import Outcome, Row
from dynode_batch.trying import RETRIES

_STARTS = 3  # of workers in a row that end before they are ready


class Waiting:
    """Rows that wait for a worker; one that ended its worker is tried again, twice at most.

    Attributes:
        is_empty: Whether nothing waits at the moment; a row that is lost may come back.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        """Take rows, read as they are needed."""
        self._rows = iter(rows)
        self._again: deque[Row] = deque()
        self._deaths: dict[str, int] = {}
        self._is_read = False
        self._failed_starts = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits; before the last row was asked for, something may."""
        return self._is_read and not self._again

    def take(self) -> Row | None:
        """Return the next row; None where there is none."""
        row = self._again.popleft() if self._again else next(self._rows, None)
        self._is_read = self._is_read or row is None
        return row

    def lost(self, row: Row, how: str) -> Outcome | None:
        """Note that a worker ended with a row.

        Args:
            row: The row it had.
            how: How it ended, in words.

        Returns:
            The outcome where the row is given up.
        """
        self._deaths[row.id] = self._deaths.get(row.id, 0) + 1
        if self._deaths[row.id] <= RETRIES:
            self._again.append(row)
            return None
        told = f"{1 + RETRIES} workers ended while they worked on it ({how})"
        return Outcome(row.number, row.id, row.source, error=told)

    def started(self) -> None:
        """Note that a worker is ready."""
        self._failed_starts = 0

    def failed_start(self, how: str) -> None:
        """Note that a worker ended before it was ready.

        Args:
            how: How it ended, in words.

        Raises:
            PluginError: It is the third in a row.
        """
        self._failed_starts += 1
        if self._failed_starts >= _STARTS:
            raise PluginError(
                f"{_STARTS} workers ended before they were ready ({how}); memory is the usual cause: fewer "
                f"--workers"
            )
