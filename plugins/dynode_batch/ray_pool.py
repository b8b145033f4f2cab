"""Rows over the machines of a Ray cluster: the same per-item function as the local pool.

Plain actors and our own journal instead of Ray Data: its checkpoint is written once a block and knows
ids alone, its blocks end in an order that keeps a long clip for last, and a row whose worker dies is
retried with its whole block. One row is with one actor at a time here, so a kill costs that row.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dynode
from dynode.errors import DeviceError, DynodeError, OptionError, PluginError
from dynode_batch.cluster import Cluster, connected
from dynode_batch.row import Openable, Outcome, Row, Worker
from dynode_batch.trying import tried
from dynode_batch.waiting import Waiting

_MARK = ".cluster"  # in the folder of the outputs, while a cluster works on them
_PATIENCE_S = 300.0  # without any actor that works


def run_ray(
    job: Openable, rows: Sequence[Row], cluster: Cluster, workers: int | None, shared: Path
) -> Iterator[Outcome]:
    """Work on rows with the actors of a cluster, and give what became of each as soon as it is known.

    Args:
        job: What every actor opens.
        rows: What to do.
        cluster: Which, and what an actor gets of it.
        workers: How many actors; None for as many as there is room for.
        shared: Folder of the outputs, which every machine has to see.

    Yields:
        One outcome a row, in the order in which they end.

    Raises:
        DynodeError: The cluster cannot be reached, or has no room, or no actor can open the job.
    """
    with connected(cluster) as ray:
        count = min(_room(ray, cluster, workers), len(rows))
        mark = shared / _MARK
        mark.write_text(uuid.uuid4().hex)
        told = {name: value for name, value in os.environ.items() if name.startswith("DYNODE_")}
        place = _Place(job, str(mark), mark.read_text(), os.getcwd(), dynode.__version__, told)
        pool = _Actors(ray, cluster, place, rows)
        try:
            pool.start(count)
            while pool.is_busy():
                yield from pool.turn()
        finally:
            pool.stop()
            mark.unlink(missing_ok=True)


def _room(ray: Any, cluster: Cluster, workers: int | None) -> int:
    """Count actors the cluster has room for; Ray would wait without a word for what never comes."""
    whole, free = ray.cluster_resources(), ray.available_resources()
    needs = {"CPU": 1.0} | ({"GPU": cluster.gpus_per_worker} if cluster.gpus_per_worker else {})
    most = min(int(whole.get(name, 0) / one + 1e-9) for name, one in needs.items())
    now = min(int(free.get(name, 0) / one + 1e-9) for name, one in needs.items())
    has = " and ".join(f"{whole.get(name, 0):g} {name}s" for name in needs)
    if workers is not None and workers > most:
        asked = " and ".join(f"{workers * one:g} {name}s" for name, one in needs.items())
        raise OptionError(
            f"--workers {workers} needs {asked}; the cluster has {has}: at most --workers {most}"
        )
    if most == 0:
        raise DeviceError(f"the cluster has {has}, too few for one worker; add a machine to it")
    if now == 0:
        raise DeviceError(f"all of the cluster's {has} are taken by others; wait, or use another")
    return workers or now


@dataclass(frozen=True)
class _Place:
    """What an actor needs to begin where the driver is."""

    job: Openable
    mark: str
    content: str
    folder: str
    version: str
    environment: dict[str, str]  # plugin files and the like; a cluster does not carry it


class _Actor:
    """What runs in a process of the cluster."""

    worker: Worker

    def open(self, place: _Place) -> Exception | None:
        """Load the job; return why that cannot be."""
        where = f"the machine {os.uname().nodename}"
        if dynode.__version__ != place.version:
            return PluginError(
                f"{where} has dynode {dynode.__version__}, this one {place.version}; install the same"
            )
        if not _holds(Path(place.mark), place.content) or not Path(place.folder).is_dir():
            return DeviceError(
                f"{where} does not see {Path(place.mark).parent} and {place.folder}; machines of a cluster "
                f"need a folder they share"
            )
        os.chdir(place.folder)
        os.environ.update(place.environment)
        try:
            import torch

            torch.set_num_threads(1)  # the number of workers then changes no byte
            self.worker = place.job.open()
        except DynodeError as error:
            return error
        except Exception as error:
            return PluginError(f"no worker can start: {type(error).__name__}: {error}")
        return None

    def work(self, row: Row) -> Outcome:
        """Work on a row."""
        return tried(self.worker, row)


class _Actors:
    """Actors, and what each is at: a row, or None while it opens the job."""

    def __init__(self, ray: Any, cluster: Cluster, place: _Place, rows: Sequence[Row]) -> None:
        self.ray, self.waiting = ray, Waiting(rows)
        self.place = ray.put(place)
        self.kind = ray.remote(_Actor).options(num_cpus=1, num_gpus=cluster.gpus_per_worker)
        self.busy: dict[Any, tuple[Any, Row | None]] = {}
        self.idle: list[Any] = []
        self.worked = time.monotonic()

    def start(self, count: int) -> None:
        for _ in range(count):
            actor = self.kind.remote()
            self.busy[actor.open.remote(self.place)] = actor, None

    def is_busy(self) -> bool:
        return not self.waiting.is_empty or any(row for _, row in self.busy.values())

    def turn(self) -> Iterator[Outcome]:
        """Wait until something ends or is ready, and hand out what comes next."""
        ended, _ = self.ray.wait(list(self.busy), timeout=10.0)
        if any(row for _, row in self.busy.values()):
            self.worked = time.monotonic()
        elif not ended and time.monotonic() - self.worked > _PATIENCE_S:
            raise DeviceError(
                f"no worker of the cluster began within {_PATIENCE_S:.0f} s; it has "
                f"{self.ray.available_resources().get('CPU', 0):g} CPUs free: see 'ray status'"
            )
        for future in ended:
            actor, row = self.busy.pop(future)
            try:
                told = self.ray.get(future)
            except self.ray.exceptions.RayError as error:
                yield from self._ended(actor, row, error)
                continue
            self.waiting.started()
            if row is None and told is not None:
                raise told
            self.idle.append(actor)
            if row is not None:
                yield told
        self._hand_out()

    def _hand_out(self) -> None:
        while self.idle and (row := self.waiting.take()) is not None:
            actor = self.idle.pop()
            self.busy[actor.work.remote(row)] = actor, row

    def _ended(self, actor: Any, row: Row | None, error: Exception) -> Iterator[Outcome]:
        """An actor is gone: its row is tried again elsewhere, twice at most."""
        self.ray.kill(
            actor
        )  # where it is only out of reach, it shall not write beside the next one
        if row is None:
            self.waiting.failed_start(_how(error))
        given_up = self.waiting.lost(row, _how(error)) if row else None
        if given_up:
            yield given_up
        self.start(1)

    def stop(self) -> None:
        for actor in [*self.idle, *(actor for actor, _ in self.busy.values())]:
            self.ray.kill(actor)


def _holds(mark: Path, content: str) -> bool:
    """Whether this machine sees the folder of the driver, and not one of the same name."""
    try:
        return mark.read_text() == content
    except OSError:
        return False


def _how(error: Exception) -> str:
    """Tell a death in words; Ray's own account is a page, which names every cause that could have been."""
    told = str(error)
    if type(error).__name__ == "OutOfMemoryError" or "running low on memory" in told:
        return "killed because the memory of its machine was exhausted"
    if type(error).__name__ == "NodeDiedError" or "its node has died" in told:
        return "its machine is gone"
    return "SIGKILL or a crash, as when memory is exhausted"
