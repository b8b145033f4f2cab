"""What a batch costs: seconds and bytes an item, and what pool, Ray and driver add to them.

    OMP_NUM_THREADS=1 python benchmarks/batch_cost.py --work FOLDER [--parts items overhead memory] [--rows N]

`items`: one thread, bundled generator and encoder, in this process: processor seconds (load of the machine
does not count), wall seconds and bytes written of an edit, of codes, of an edit from codes, of a clip of 100
frames. `overhead`: items of 50 ms of processor time in a bare loop, by the local pool and by Ray with one
worker and with two, seconds from the first end to the last, starts left out. `memory`: largest resident
memory of a driver over 1,000 and 10,000 rows that do nothing. Writes benchmarks/results/batch-cost.json,
part by part, with the load of the machine; wall times mean something on a quiet one alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch_lists import draw_pictures
from result_files import RESULTS, write_json

from dynode_batch.cluster import Cluster
from dynode_batch.row import Job, Outcome, Row, Worker

_ITEM_S = 0.05
_MOTION = {"motion": "smile", "strength": 1.0, "frames": 100, "fps": 25.0, "ease": "smooth"}
_KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "edit": ("edit", {"plugin": None, "directions": ("smile:1.5",), "strength": 1.0, "seed": 0}),
    "invert": ("invert", {"seed": 0}),
    "animate": ("animate", {**_MOTION, "boomerang": False, "seed": 0}),
}


@dataclass(frozen=True)
class Busy(Job):
    """Items of a known processor time, or of none."""

    item_s: float = 0.0

    def open(self) -> Worker:
        return BusyWorker(self.item_s)


class BusyWorker:
    def __init__(self, item_s: float) -> None:
        self.item_s = item_s

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        end = time.thread_time() + self.item_s
        while time.thread_time() < end:
            pass
        return "", {"value": 1.0}


def measure_items(work: Path, rows: int) -> dict[str, Any]:
    from dynode_batch.work import open_worker

    pictures = work / f"pictures-{rows}"
    draw_pictures(pictures, rows)
    sources, told = sorted(pictures.glob("*.png")), {}
    for name in ("edit", "invert", "edit from codes", "animate"):
        kind, settings = _KINDS[name.removesuffix(" from codes")]
        folder = work / name.replace(" ", "-")
        if name.endswith("codes"):
            sources = sorted((work / "invert" / "codes").glob("*.safetensors"))
        worker = open_worker(Job(kind, folder, None, None, settings))
        some = sources[: max(2, rows // 10)] if kind == "animate" else sources
        told[name] = timed(worker, some, folder)
        print(name, json.dumps(told[name]), flush=True)
    return told


def timed(worker: Worker, sources: Sequence[Path], folder: Path) -> dict[str, float]:
    rows = [Row(number, str(source), id=f"{number:064d}") for number, source in enumerate(sources)]
    worker.work(rows[0])  # warm
    spent, passed = time.process_time(), time.perf_counter()
    files = [worker.work(row)[0] for row in rows]
    spent, passed = time.process_time() - spent, time.perf_counter() - passed
    written = sum((folder / file).stat().st_size for file in files)
    return {
        "items": len(rows),
        "processor seconds an item": round(spent / len(rows), 4),
        "wall seconds an item": round(passed / len(rows), 4),
        "bytes an item": round(written / len(rows)),
    }


def measure_overhead(work: Path, rows: int) -> dict[str, Any]:
    from dynode_batch.pool import run_pool
    from dynode_batch.ray_pool import run_ray

    job, told = Busy("score", work.absolute(), None, None, {}, item_s=_ITEM_S), {}
    items = [Row(number, "", id=str(number)) for number in range(rows)]
    began, worker = time.perf_counter(), job.open()
    for row in items:
        worker.work(row)
    told["bare loop"] = (time.perf_counter() - began) / rows
    for count in (1, 2):
        told[f"local, {count}"] = pace(run_pool(job, items, count))
        there = run_ray(job, items, Cluster(cores=count), count, work)
        told[f"ray, {count}"] = pace(there)
    figures = {f"seconds an item, {name}": round(value, 5) for name, value in told.items()}
    for name in ("local", "ray"):
        figures[f"{name}: overhead"] = round(told[f"{name}, 1"] / told["bare loop"] - 1, 4)
        figures[f"{name}: one to two workers"] = round(told[f"{name}, 1"] / told[f"{name}, 2"], 3)
    return figures


def pace(outcomes: Iterator[Outcome]) -> float:
    ends = [time.perf_counter() for _ in outcomes]
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def measure_memory(work: Path, rows: int) -> dict[str, Any]:
    """Drive `rows` and ten times as many rows, each in a process of its own."""
    told = {}
    for count in (rows, 10 * rows):
        command = [sys.executable, __file__, "--drive", str(count), "--work", str(work)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told[f"{count} rows, MiB"] = float(done.stdout.splitlines()[-1])
    return told


def drive(work: Path, rows: int) -> None:
    from dynode_batch.driver import Plan, run_batch
    from dynode_batch.pool import run_pool

    files = work / f"files-{rows}"
    files.mkdir(parents=True, exist_ok=True)
    for number in range(rows):
        (files / str(number)).write_text(str(number))
    listed = [Row(number, str(files / str(number))) for number in range(rows)]
    job = Busy("score", work.absolute() / f"driven-{rows}", None, None, {})
    run_batch(listed, Plan(job, lambda job, left: run_pool(job, left, 1)), None, "busy")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


PARTS = {"items": measure_items, "overhead": measure_overhead, "memory": measure_memory}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rows", type=int, help="default: 50 pictures, 200 items, 1000 rows")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="batch-cost", help="of the result file")
    parser.add_argument("--drive", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    if asked.drive:
        drive(asked.work, asked.drive)
        return
    path = RESULTS / f"{asked.name}.json"
    document = json.loads(path.read_text()) if path.exists() else {}
    usual = {"items": 50, "overhead": 200, "memory": 1000}
    for part in asked.parts:
        measured = PARTS[part](asked.work, asked.rows or usual[part])
        document[part] = measured | {"load": [round(one, 1) for one in os.getloadavg()]}
        print(part, json.dumps(document[part]), flush=True)
        write_json(asked.name, document)


if __name__ == "__main__":
    main()
