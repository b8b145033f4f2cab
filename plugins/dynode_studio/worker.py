"""Work off the page: pictures of which the latest wins, and jobs one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dynode.errors import DynodeError, UsageError
from dynode.plugins import Progress

Value = TypeVar("Value")
Result = TypeVar("Result")
MOST_JOBS = 8  # that wait; more is a mistake or an attack


_MOST_WARNINGS = 5  # of one job
_running = threading.local()  # .job: what this thread works on


class Stopped(DynodeError):
    """A job was cancelled."""


class Latest(Generic[Value, Result]):
    """Computes the newest of the values it was given; those in between are never begun.

    Args:
        compute: Makes a result of a value, in the thread of the device.
        deliver: Gets every result, or what went wrong, in that thread.
        device: The queue of the device.
    """

    def __init__(
        self,
        compute: Callable[[Value], Result],
        deliver: Callable[[Value, Result | Exception], None],
        device: Device,
    ) -> None:
        self._compute, self._deliver, self._device = compute, deliver, device
        self._lock = threading.Lock()
        self._waiting: list[Value] = []
        self._is_running = False
        self._is_closed = False
        self.begun = 0
        self.given = 0

    def give(self, value: Value) -> None:
        """Replace what waits by a newer value."""
        with self._lock:
            if self._is_closed:
                return
            self.given += 1
            self._waiting = [value]
            if self._is_running:
                return
            self._is_running = True
        self._device.draw(self._run)

    def close(self) -> None:
        """Compute nothing more, such as for a tab that was closed."""
        with self._lock:
            self._is_closed, self._waiting = True, []

    def _run(self) -> None:
        """Compute what waits; a newer value goes to the end of the device's queue."""
        with self._lock:
            if not self._waiting:
                self._is_running = False
                return
            value = self._waiting.pop()
        self.begun += 1
        result: Result | Exception
        try:
            result = self._compute(value)
        except Exception as error:  # shown on the page; the studio goes on
            result = error
        if not self._is_closed:
            self._deliver(value, result)
        with self._lock:
            self._is_running = bool(self._waiting) and not self._is_closed
        if self._is_running:
            self._device.draw(self._run)


@dataclass
class Job:
    """Long work that can be followed and cancelled.

    Attributes:
        title: What it does, in words.
        done, total, message: How far it is.
        warnings: What it warned of, in order.
        future: Its result.
    """

    title: str
    done: int = 0
    total: int = 0
    message: str = "waiting"
    warnings: list[str] = field(default_factory=list)
    future: Future[Any] = field(default_factory=Future)
    _is_cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Ask it to stop; it does at its next step."""
        self._is_cancelled.set()
        self.future.cancel()

    def report(self, done: int, total: int, message: str = "") -> None:
        """Take what the work tells; see `Progress`.

        Raises:
            Stopped: It was cancelled.
        """
        self.done, self.total, self.message = done, total, message
        if self._is_cancelled.is_set():
            raise Stopped(f"{self.title} was cancelled")


class Device:
    """The threads of one device: one draws, one does long work, so that sliders stay live.

    Attributes:
        threads: Of torch, for all but small pictures; None leaves them as they are.
    """

    def __init__(self) -> None:
        self._drawing = ThreadPoolExecutor(1, thread_name_prefix="dynode-studio-draw")
        self._working = ThreadPoolExecutor(1, thread_name_prefix="dynode-studio-job")
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self.threads: int | None = None

    def choose_threads(self, *, is_small: bool) -> None:
        """Let the calling thread compute a small picture alone, anything else with all threads.

        Threads that wait for each other spin, which costs the browser beside them more than they save. torch
        keeps the number of each thread apart, so that jobs and the command write the same bytes.
        """
        if self.threads is not None:
            import torch

            wanted = 1 if is_small else self.threads
            if torch.get_num_threads() != wanted:
                torch.set_num_threads(wanted)

    def draw(self, call: Callable[[], None]) -> None:
        """Run something short."""
        self._drawing.submit(call)

    def start(self, title: str, work: Callable[[Progress], Any]) -> Job:
        """Queue long work.

        Args:
            title: What it does, in words.
            work: Is given what to call after every step.

        Raises:
            UsageError: Too many jobs wait.
        """
        with self._lock:
            self._jobs = [job for job in self._jobs if not job.future.done()]
            if len(self._jobs) >= MOST_JOBS:
                raise UsageError(f"{MOST_JOBS} jobs wait already; cancel some of them first")
            job = Job(title)
            self._jobs.append(job)
        self._working.submit(self._run, job, work)
        return job

    def _run(self, job: Job, work: Callable[[Progress], Any]) -> None:
        self.choose_threads(is_small=False)
        _run(job, work)

    def hear(self, otherwise: Callable[..., None]) -> Callable[..., None]:
        """Make what can be `warnings.showwarning`: users' warnings of a job are kept with it.

        Args:
            otherwise: Gets all others, as `warnings.showwarning` does.
        """

        def show(message: Warning | str, category: type[Warning], *where: Any) -> None:
            job = getattr(_running, "job", None)
            if job is None or not issubclass(category, UserWarning):
                otherwise(message, category, *where)
            elif len(job.warnings) < _MOST_WARNINGS:
                job.warnings.append(" ".join(str(message).split()))

        return show

    def close(self) -> None:
        """Cancel everything."""
        for job in self._jobs:
            job.cancel()
        self._drawing.shutdown(wait=False, cancel_futures=True)
        self._working.shutdown(wait=False, cancel_futures=True)


def _run(job: Job, work: Callable[[Progress], Any]) -> None:
    if not job.future.set_running_or_notify_cancel():
        return
    try:
        _running.job = job
        job.report(0, 0, "started")
        job.future.set_result(work(job.report))
    except Exception as error:  # whatever it is, the page shows it and the studio goes on
        job.future.set_exception(error)
    finally:
        _running.job = None
