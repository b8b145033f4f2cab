"""The next batch of real clips, read while the networks compute."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

_Batch = TypeVar("_Batch")


class Feeder(Generic[_Batch]):
    """Makes what belongs to a step one step ahead, in a thread of its own.

    Args:
        make: Makes what belongs to step i; a function of i alone.
    """

    def __init__(self, make: Callable[[int], _Batch]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading")
        self._ahead: dict[int, Future[_Batch]] = {}

    def take(self, index: int) -> _Batch:
        """Give what belongs to a step, and begin with the next one.

        Raises:
            DynodeError: What `make` raises.
        """
        found = self._ahead.pop(index, None)
        self._ahead = {index + 1: self._pool.submit(self._make, index + 1)}
        return self._make(index) if found is None else found.result()

    def close(self) -> None:
        """End the thread; what it has begun is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
