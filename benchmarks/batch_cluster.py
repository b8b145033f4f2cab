"""Nodes of Ray on this machine, for the benchmarks of batches; they can be killed and replaced."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dynode_batch.cluster import import_ray

_NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


class Nodes:
    """A Ray cluster of two nodes on this machine, whose second can be killed and replaced."""

    def __init__(self) -> None:
        import_ray(alone=True)
        from ray.cluster_utils import Cluster as Started

        head = {**_NODE, "include_dashboard": False}
        self.cluster = started(lambda: Started(initialize_head=True, head_node_args=head))
        self.second = started(lambda: self.cluster.add_node(**_NODE))

    def raylets(self) -> list[int]:
        nodes = [self.cluster.head_node, self.second]
        return [node.all_processes["raylet"][0].process.pid for node in nodes]

    def kill_raylet(self) -> None:
        os.kill(self.raylets()[1], signal.SIGKILL)
        time.sleep(1.0)
        self.cluster.remove_node(self.second, allow_graceful=False)
        self.second = started(lambda: self.cluster.add_node(**_NODE))

    def kill_worker(self, rng: random.Random) -> bool:
        found = [pid for raylet in self.raylets() for pid in actors_below(raylet)]
        if found:
            os.kill(rng.choice(found), signal.SIGKILL)
        return bool(found)


def started(start: Callable[[], Any]) -> Any:
    """Start a node; on a busy machine it may not be up in the 30 s that Ray gives it."""
    for _ in range(9):
        before = set(children(os.getpid()))
        with contextlib.suppress(Exception):
            return start()
        for pid in set(children(os.getpid())) - before:  # what it left
            os.kill(pid, signal.SIGKILL)
    raise SystemExit("no node of Ray starts; try again on a machine that is less busy")


def actors_below(parent: int) -> Iterator[int]:
    for pid in children(parent):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_Actor"):
                yield pid


def children(parent: int) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(folder.name)
