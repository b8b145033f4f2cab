"""Processes of one thread with a job each: how many run at once changes no figure; one that ends is told."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

import torch

from dynode.devices import one_thread_processes
from dynode.errors import DynodeError

Job = TypeVar("Job")


@dataclass(frozen=True)
class Ended(Generic[Job]):
    """The end of a job.

    Attributes:
        job: What was to be done.
        why: One line if it did not come to its end; empty if it did.
    """

    job: Job
    why: str


def run_side_by_side(
    work: Callable[[Job], Iterator[Any]], jobs: Sequence[Job], workers: int
) -> Iterator[Any]:
    """Do each job in a new process of one thread.

    Args:
        work: A function of a module, which the processes import.
        jobs: What to do, handed out in this order.
        workers: How many processes at once.

    Yields:
        What `work` yields, as soon as it does, and an `Ended` after the last of each job.
    """
    waiting, running = deque(jobs), dict[Connection, tuple[SpawnProcess, Job]]()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.popleft()
                process, ours = _start(work, job)
                running[ours] = process, job
            ready = wait(list(running))
            for pipe in [pipe for pipe in running if pipe in ready]:
                yield from _told(pipe, running)
    finally:
        for process, _ in running.values():
            process.kill()
            process.join()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread, as the processes do: sums do not depend on the number of processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_line(error: Exception) -> str:
    """Tell an error in one line: a method that cannot is a finding, whatever its reason."""
    if isinstance(error, DynodeError):
        return str(error)
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start(work: Callable[[Job], Iterator[Any]], job: Job) -> tuple[SpawnProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, work, job), daemon=True)
    with one_thread_processes():
        process.start()
    theirs.close()
    return process, ours


def _told(pipe: Connection, running: dict[Connection, tuple[SpawnProcess, Job]]) -> Iterator[Any]:
    """Read one message of a process, or find that it is gone."""
    process, job = running[pipe]
    try:
        kind, content = pipe.recv()
    except (EOFError, OSError):
        process.join()
        kind, content = "ended", f"its process ended: {_how(process.exitcode or 0)}"
    if kind == "found":
        yield content
        return
    pipe.close()
    del running[pipe]
    process.join()
    yield Ended(job, content)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name
    return f"{name}, as when memory is exhausted" if name == "SIGKILL" else name


def _serve(pipe: Connection, work: Callable[[Job], Iterator[Any]], job: Job) -> None:
    """Do one job, and tell what is found; end with the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asked is told, and ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    try:
        for found in work(job):
            pipe.send(("found", found))
    except Exception as error:  # whatever it is, the other jobs go on
        pipe.send(("ended", f"its process ended: {one_line(error)}"))
    else:
        pipe.send(("ended", ""))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
