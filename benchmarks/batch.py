"""Kill batches at random moments, and compare what they leave with a batch that was left alone.

    OMP_NUM_THREADS=1 python benchmarks/batch.py --work FOLDER [--kind KIND] [--rows 1000] [--kills 5]

Pictures of facets in a Ray cluster of two nodes of one processor each on this machine, edited by `smile`
(`--kind edit`), inverted (`invert`), or edited by an untrained generator of 32 pixels after one step of
optimisation (`small`), which costs a third of an edit by the bundled one. The undisturbed batch is one of
the local pool, so the comparison is across backends too. Then `kill -9` of a worker, of the second node's
raylet (a node takes its place) and of the driver (the same call is made again), KILLS times each, at moments
drawn from a seed. Every time a worker begins a row it is counted; rows computed again are those beyond one
each. A block is one row a worker. Compared: names and bytes of all pictures or codes and of `table.csv`.
`--kills 0` runs the cluster once, and every hundredth row is then compared with the local pool; stopped and
typed again it goes on. Writes benchmarks/results/batch.json, a part a kind and number of rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from batch_cluster import Nodes
from batch_lists import draw_pictures, small_generator
from result_files import RESULTS, write_json

from dynode_batch.cluster import Cluster
from dynode_batch.row import Job, Row, Worker

KINDS = ("worker", "raylet", "driver")
WORKERS = 2
_SETTINGS: dict[str, dict[str, Any]] = {
    "edit": {"plugin": None, "directions": ("smile:1.5",), "strength": 1.0, "seed": 0},
    "invert": {"seed": 0},
    "small": {
        "plugin": None,
        "strength": 1.0,
        "seed": 0,
        "inverter": "optimize",
        "inverter_options": {"steps": "1", "distance": "pixels"},
    },
}


@dataclass(frozen=True)
class CountingJob(Job):
    """The job of `dynode batch`, which writes down every row it begins."""

    def open(self) -> Worker:
        return Counting(super().open(), self.folder / "begun")


class Counting:
    def __init__(self, worker: Worker, begun: Path) -> None:
        self.worker, self.begun = worker, begun

    def work(self, row: Row) -> tuple[str, Mapping[str, float]]:
        with self.begun.open("a") as stream:  # one short write at the end of the file
            stream.write(f"{row.number}\n")
        try:
            return self.worker.work(row)
        except Exception:
            with self.begun.with_name("raised").open("a") as stream:
                stream.write(f"row {row.number}: {traceback.format_exc()}\n")
            raise


def drive(kind: str, listed: Path, folder: Path, address: str | None) -> None:
    """Run the batch as the command does; it goes on where an earlier call was killed."""
    import dynode
    from dynode_batch.driver import Plan, run_batch
    from dynode_batch.listing import read_list
    from dynode_batch.pool import run_pool
    from dynode_batch.ray_pool import run_ray

    folder.mkdir(parents=True, exist_ok=True)
    rows, _ = read_list(listed, [])

    def backend(job: Job, left: Any) -> Iterator[Any]:
        if address is None:
            return run_pool(job, left, WORKERS)
        return run_ray(job, left, Cluster(address), WORKERS, folder)

    drawing, settings = None, _SETTINGS[kind]
    if kind == "small":
        drawing, direction = small_generator(listed.parent)
        settings = settings | {"directions": (f"{direction}:3",)}
    job = CountingJob("edit" if kind == "small" else kind, folder, drawing, None, settings)
    plan = Plan(job, backend, long_first=kind != "invert")
    generator = dynode.load_generator(drawing)
    run_batch(rows, plan, generator, generator.info.fingerprint)


def start(kind: str, listed: Path, folder: Path, address: str | None) -> subprocess.Popen[bytes]:
    told = [kind, str(listed), str(folder), address or "local"]
    log = folder.with_suffix(".log").open("ab")
    return subprocess.Popen([sys.executable, __file__, "--drive", *told], stdout=log, stderr=log)


def run(kind: str, listed: Path, folder: Path, address: str | None) -> int:
    driver = start(kind, listed, folder, address)
    try:
        return driver.wait()
    finally:
        driver.kill()  # where this process is terminated; what is typed again goes on


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def disturbed(
    kind: str, kills: int, rows: int, launch: Callable[[], Any], nodes: Nodes, folder: Path
) -> int:
    """Run a batch to its end, with kills at drawn numbers of finished rows; return the kills that hit."""
    rng = random.Random(f"{kind} {rows}")
    moments = sorted(rng.sample(range(1, max(kills + 1, rows - WORKERS)), kills))
    driver, hits = launch(), 0
    while driver.poll() is None or moments:
        if driver.poll() not in (None, 0):
            raise SystemExit(f"the driver ended with {driver.returncode}: see {folder}.log")
        if moments and lines(folder / "rows.jsonl") >= moments[0]:
            time.sleep(rng.uniform(0.0, 0.5))
            moments.pop(0)
            if kind == "worker":
                hits += nodes.kill_worker(rng)
            elif kind == "raylet":
                nodes.kill_raylet()
                hits += 1
            elif driver.poll() is None:
                driver.kill()
                driver.wait()
                driver, hits = launch(), hits + 1
        elif driver.poll() is not None:
            break
        time.sleep(0.05)
    return hits


def outputs(folder: Path) -> dict[str, bytes]:
    files = [*(folder / "pictures").glob("*.png"), *(folder / "codes").glob("*.safetensors")]
    return {file.name: file.read_bytes() for file in [*files, folder / "table.csv"]}


def undisturbed(kind: str, listed: Path, folder: Path) -> dict[str, bytes]:
    if run(kind, listed, folder, None):
        raise SystemExit(f"the undisturbed batch failed: see {folder}.log")
    return outputs(folder)


def measure(kind: str, rows: int, kills: int, work: Path, name: str, ends: Sequence[str]) -> None:
    listed = work / f"pictures-{rows}"
    draw_pictures(listed, rows)
    began = time.monotonic()
    expected = undisturbed(kind, listed, work / f"{kind}-alone-{rows}")
    part = f"{kind}, {rows} rows"
    document = {"rows": rows, "workers": WORKERS, "local": seconds_since(began)} | kept(name).get(
        part, {}
    )
    nodes = Nodes()
    for killed in ends:
        folder = work / f"{kind}-{killed}-{rows}-{kills}"
        launch = partial(start, kind, listed, folder, nodes.cluster.address)
        began = time.monotonic()
        hits = disturbed(killed, kills, rows, launch, nodes, folder)
        again = lines(folder / "begun") - rows
        document[killed] = seconds_since(began) | {
            "kills": hits,
            "same outputs": outputs(folder) == expected,
            "rows computed again": again,
            "a kill": round(again / max(1, hits), 2),
        }
        print(killed, json.dumps(document[killed]), flush=True)
        keep(name, part, document)


def measure_once(kind: str, rows: int, work: Path, name: str) -> None:
    """Run all rows over the cluster, and every hundredth over the local pool."""
    listed, some = work / f"pictures-{rows}", work / f"some-{rows}"
    draw_pictures(listed, rows)
    some.mkdir(exist_ok=True)
    for picture in sorted(listed.iterdir())[::100]:
        (some / picture.name).write_bytes(picture.read_bytes())
    folder, began = work / f"{kind}-once-{rows}", time.monotonic()
    code = run(kind, listed, folder, Nodes().cluster.address)
    passed = seconds_since(began)
    found = outputs(folder)
    expected = undisturbed(kind, some, work / f"{kind}-some-{rows}")
    del expected["table.csv"]
    document = {
        "rows": rows,
        "workers": WORKERS,
        "exit code": code,
        "outputs": len(found) - 1,
        "rows begun": lines(folder / "begun"),
        "compared": len(expected),
        "same": sum(found.get(name) == content for name, content in expected.items()),
    }
    print(json.dumps(document), flush=True)
    keep(name, f"{kind}, {rows} rows once", document | passed)


def keep(name: str, part: str, document: dict[str, Any]) -> None:
    load = {"load": [round(one, 1) for one in os.getloadavg()]}
    write_json(name, kept(name) | {part: document | load})


def kept(name: str) -> dict[str, Any]:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def seconds_since(began: float) -> dict[str, float]:
    return {"seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kind", choices=_SETTINGS, default="edit")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--ends", nargs="+", choices=KINDS, default=KINDS, help="what is killed")
    parser.add_argument("--work", type=Path, required="--drive" not in sys.argv)
    parser.add_argument("--name", default="batch", help="of the result file")
    parser.add_argument("--drive", nargs=4, metavar=("KIND", "LIST", "FOLDER", "ADDRESS"))
    asked = parser.parse_args()
    if asked.drive:
        kind, listed, folder, address = asked.drive
        drive(kind, Path(listed), Path(folder), None if address == "local" else address)
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    if asked.kills:
        measure(asked.kind, asked.rows, asked.kills, asked.work, asked.name, asked.ends)
    else:
        measure_once(asked.kind, asked.rows, asked.work, asked.name)


if __name__ == "__main__":
    main()
