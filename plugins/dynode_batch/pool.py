"""Rows over local processes: each loads its generator once and has one row at a time.

A process that ends costs the row it worked on, which is tried again; its place is taken by a new one.
`multiprocessing.Pool` hangs where a process is killed, and `ProcessPoolExecutor` gives up as a whole.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from dynode.errors import DynodeError, PluginError
from dynode_batch.row import Openable, Outcome, Row
from dynode_batch.trying import tried
from dynode_batch.waiting import Waiting


@dataclass
class _Place:
    """A process, and the row it has."""

    process: SpawnProcess
    pipe: Connection
    is_ready: bool = False
    row: Row | None = None


def run_pool(job: Openable, rows: Iterable[Row], workers: int) -> Iterator[Outcome]:
    """Work on rows, and give what became of each as soon as it is known.

    Args:
        job: What every process opens.
        rows: What to do, read as it is needed.
        workers: How many processes of one thread each.

    Yields:
        One outcome a row, in the order in which they end.

    Raises:
        DynodeError: No process can open the job.
    """
    pool = _Pool(job, rows)
    try:
        pool.places = [pool.start() for _ in range(workers)]
        while pool.is_busy():
            yield from pool.turn()
    finally:
        pool.stop()


class _Pool:
    def __init__(self, job: Openable, rows: Iterable[Row]) -> None:
        self.job, self.waiting = job, Waiting(rows)
        self.places: list[_Place] = []

    def start(self) -> _Place:
        from dynode.devices import one_thread_processes

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.job), daemon=True)
        with one_thread_processes():
            process.start()
        theirs.close()
        return _Place(process, ours)

    def is_busy(self) -> bool:
        return not self.waiting.is_empty or any(place.row for place in self.places)

    def turn(self) -> Iterator[Outcome]:
        """Wait until something ends or is ready, and hand out what comes next."""
        by_pipe: dict[Any, _Place] = {place.pipe: place for place in self.places}
        for pipe in wait(list(by_pipe)):
            place = by_pipe[pipe]
            try:
                told, content = place.pipe.recv()
            except (EOFError, OSError):
                yield from self._ended(place)
                continue
            if told == "broken":
                raise content
            if told == "done":
                yield content
            place.is_ready, place.row = True, None
            self.waiting.started()
            self._hand_out(place)

    def _hand_out(self, place: _Place) -> None:
        row = self.waiting.take()
        if row is None:
            return
        place.row = row
        with contextlib.suppress(OSError):  # it ended; the next turn sees that
            place.pipe.send(row)

    def _ended(self, place: _Place) -> Iterator[Outcome]:
        """A process is gone: its row is tried again elsewhere, twice at most."""
        place.process.join()
        code, row = place.process.exitcode or 0, place.row
        place.pipe.close()
        if not place.is_ready:
            self.waiting.failed_start(_how(code))
        given_up = self.waiting.lost(row, _how(code)) if row else None
        if given_up:
            yield given_up
        self.places[self.places.index(place)] = self.start()

    def stop(self) -> None:
        for place in self.places:
            place.pipe.close()
            place.process.kill()
        for place in self.places:
            place.process.join()


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name
    return f"{name}, as when memory is exhausted" if name == "SIGKILL" else name


def _serve(pipe: Connection, job: Openable) -> None:
    """Run a worker until the other end is closed, by whatever ended it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver tells when to stop
    try:
        worker = job.open()
    except DynodeError as error:
        pipe.send(("broken", error))
        return
    except Exception as error:
        pipe.send(("broken", PluginError(f"no worker can start: {type(error).__name__}: {error}")))
        return
    pipe.send(("ready", None))
    while True:
        try:
            row = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(("done", tried(worker, row)))
