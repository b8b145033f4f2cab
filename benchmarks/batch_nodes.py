"""One driver and many small nodes: how many rows a second it hands out, and what a row costs it.

    OMP_NUM_THREADS=1 python benchmarks/batch_nodes.py --work FOLDER [--nodes 8] [--rows 800]

A Ray cluster of NODES nodes of one processor each on this machine. An item waits a tenth of a second, as the
driver sees an item that another machine computes; so what is measured is the driver and Ray, not the items.
Counted from when every worker has given a row: rows a second beside what waiting alone allows, processor
seconds a row of the driver and of Ray's server of the cluster's state, and bytes in the object store. From
the driver's seconds follows how many rows a second one driver can hand out at most. Writes
benchmarks/results/batch-nodes.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch_cluster import started
from result_files import write_json

from dynode_batch.cluster import Cluster, import_ray
from dynode_batch.row import Job, Row, Worker

_WAIT_S = 0.1
_STORE_BYTES = 80_000_000


@dataclass(frozen=True)
class WaitingJob(Job):
    """Items that another machine would compute."""

    def open(self) -> Worker:
        return WaitingWorker()


class WaitingWorker:
    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        time.sleep(_WAIT_S)
        return "", {"worker": float(os.getpid())}


def server_seconds(nodes: Any) -> float:
    """Processor seconds of the server that knows the state of the cluster."""
    [server] = nodes.head_node.all_processes["gcs_server"]
    told = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / float(os.sysconf("SC_CLK_TCK"))


def measure(work: Path, count: int, rows: int) -> dict[str, Any]:
    ray = import_ray(alone=True)
    from ray.cluster_utils import Cluster as Started

    from dynode_batch.ray_pool import run_ray

    head = {"num_cpus": 0, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    nodes = started(lambda: Started(initialize_head=True, head_node_args=head))
    for _ in range(count):
        started(lambda: nodes.add_node(num_cpus=1, object_store_memory=_STORE_BYTES))
    ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
    job = WaitingJob("score", work.absolute(), None, None, {})
    items = [Row(number, "", id=str(number)) for number in range(rows)]
    seen, ends = set[float](), list[float]()
    began = 0.0, 0.0, 0.0
    for outcome in run_ray(job, items, Cluster(nodes.address), count, work):
        seen.add(outcome.figures["worker"])
        if len(seen) == count and not ends:
            began = time.perf_counter(), time.process_time(), server_seconds(nodes)
        if len(seen) == count:
            ends.append(time.perf_counter())
    if len(ends) < 100:
        raise SystemExit(f"only {len(ends)} rows were left when all workers had begun; more --rows")
    passed, here = time.perf_counter() - began[0], time.process_time() - began[1]
    there, done = server_seconds(nodes) - began[2], len(ends) - 1
    store = ray.cluster_resources()["object_store_memory"] - ray.available_resources().get(
        "object_store_memory", 0.0
    )
    return {
        "nodes": count,
        "rows counted": done,
        "rows a second": round(done / passed, 2),
        "rows a second that waiting allows": round(count / _WAIT_S, 2),
        "driver: processor s a row": round(here / done, 6),
        "driver: rows a second at most": round(done / here),
        "server: processor s a row": round(there / done, 6),
        "bytes in the object store": store,
        "load": [round(one, 1) for one in os.getloadavg()],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--rows", type=int, default=800)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="batch-nodes", help="of the result file")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    document = measure(asked.work, asked.nodes, asked.rows)
    print(json.dumps(document), flush=True)
    write_json(asked.name, document)


if __name__ == "__main__":
    main()
