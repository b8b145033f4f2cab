"""What a batch costs: seconds and bytes an item, and what pool, Ray and driver add to them.

    OMP_NUM_THREADS=1 python benchmarks/batch_cost.py --work FOLDER [--parts PART …] [--rows N]

`items`: one thread, bundled generator and encoder, in this process: processor seconds (load of the machine
does not count), wall seconds and bytes written of an edit, of codes, of an edit from codes, of a clip of 100
frames. `local`, `ray`: items of 50 ms of processor time in a bare loop, and by that backend with one worker
and with two, from the first end to the last, starts left out: wall seconds an item, and processor seconds an
item of all processes together (driver, workers, and Ray's own). Overheads and the gain of a second worker
are given by both clocks; by the wall they mean something on a quiet machine of two free cores alone.
`memory`: largest resident memory of a driver over 1,000 and 10,000 rows that do nothing. Writes
benchmarks/results/batch-cost.json, part by part, with the load of the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def measure_local(work: Path, rows: int) -> dict[str, Any]:
    from dynode_batch.pool import run_pool

    return compared(work, rows, lambda job, items, count: run_pool(job, items, count))


def measure_ray(work: Path, rows: int) -> dict[str, Any]:
    from dynode_batch.ray_pool import run_ray

    def backend(job: Busy, items: Sequence[Row], count: int) -> Iterator[Outcome]:
        return run_ray(job, items, Cluster(cores=count), count, work)

    return compared(work, rows, backend)


def compared(work: Path, rows: int, backend: Callable[..., Iterator[Outcome]]) -> dict[str, Any]:
    """Pace a backend with one worker and with two, and a bare loop before and after them."""
    job = Busy("score", work.absolute(), None, None, {}, item_s=_ITEM_S)
    items = [Row(number, "", id=str(number)) for number in range(rows)]
    told = {"bare loop": pace(bare(job, items), rows)}
    told |= {f"{count} workers": pace(backend(job, items, count), rows) for count in (1, 2)}
    told["bare loop, after"] = pace(bare(job, items), rows)
    document: dict[str, Any] = {"rows": rows}
    for place, clock in enumerate(("wall", "processor")):
        took = {name: seconds[place] for name, seconds in told.items()}
        alone = (took["bare loop"] + took["bare loop, after"]) / 2
        document |= {f"{clock} s an item, {name}": round(one, 5) for name, one in took.items()}
        document[f"{clock}: overhead of one worker"] = round(took["1 workers"] / alone - 1, 4)
    gain = told["1 workers"][0] / told["2 workers"][0]
    dearer = told["2 workers"][1] / told["1 workers"][1]
    document["wall: one to two workers, times faster"] = round(gain, 3)
    # Two workers that each do what one does, at its price an item, are twice as fast where cores are free.
    document["processor: one to two workers, times faster at most"] = round(2 / dearer, 3)
    return document


def bare(job: Busy, items: Sequence[Row]) -> Iterator[Row]:
    worker = job.open()
    for row in items:
        worker.work(row)
        yield row


def pace(outcomes: Iterator[Any], rows: int) -> tuple[float, float]:
    """Return wall and processor seconds an item, from the first end to the last, while all still run."""
    next(outcomes)
    wall, spent = time.perf_counter(), processor_seconds()
    for _ in range(rows - 1):
        next(outcomes)
    told = time.perf_counter() - wall, processor_seconds() - spent
    for _ in outcomes:
        pass
    return told[0] / (rows - 1), told[1] / (rows - 1)


def processor_seconds() -> float:
    """Sum up this process and all below it, those of Ray too."""
    parents, spent = dict[int, int](), dict[int, float]()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            told = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(told[1])
            spent[int(folder.name)] = (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    ours, more = set[int](), {os.getpid()}
    while more:
        ours |= more
        more = {pid for pid, parent in parents.items() if parent in ours} - ours
    return sum(spent[pid] for pid in ours) - spent[os.getpid()] + time.process_time()


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


PARTS = {
    "items": measure_items,
    "local": measure_local,
    "ray": measure_ray,
    "memory": measure_memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rows", type=int, help="default: 50 pictures, 300 items, 1000 rows")
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
    usual = {"items": 50, "local": 300, "ray": 300, "memory": 1000}
    for part in asked.parts:
        measured = PARTS[part](asked.work, asked.rows or usual[part])
        document[part] = measured | {"load": [round(one, 1) for one in os.getloadavg()]}
        print(part, json.dumps(document[part]), flush=True)
        write_json(asked.name, document)


if __name__ == "__main__":
    main()
