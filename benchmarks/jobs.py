"""Time whole jobs as a user starts them, quiet and with busy threads beside them.

    python benchmarks/jobs.py --beside 2 --rounds 3
    python benchmarks/jobs.py --jobs 'invert 1024' 'pti 1024' 'hessian 1024' --rounds 1 --limit 300

Those of 1024 px have networks of the published sizes (StyleGAN2 and e4e's encoder in one file, random
weights: the result means nothing); 'pti 1024' takes 5 steps for its pivot and tunes for 10 of 150. The
steps of StyleCLIP there (optimisation, mapper, global gradient) are in benchmarks/styleclip_1024.py, a
whole photograph in benchmarks/photograph_sizes.py.

Every job is a command in a process of its own with the defaults a user gets: OMP_NUM_THREADS is taken out
of its environment and the cache is empty at its first call, so that `find again` shows what was kept. With
`--beside N` each round runs a job twice, alone and beside N processes that multiply matrices, one thread
each. Wall seconds, medians; `times` is loaded by quiet. Load the machine had before is told: on a machine
that is not quiet, the quiet side is not. Jobs are kept in benchmarks/results/jobs.json one by one;
`processor` is that of the quiet side, of all threads, and what ends after `--limit` seconds is "not ended".
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from result_files import RESULTS, write_json, write_markdown

# Name -> the command; {folder} holds what was made before, {out} what this call writes.
JOBS = {
    "edit": "edit --plugin styleclip --text smiling -o {out}.png",
    "edit ready": "edit --direction smile -o {out}.png",
    "invert": "invert {folder}/portrait.png -o {out}.safetensors",
    "animate": "animate --micromotion smile --seed 3 -o {out}.mp4",
    "edit clip": "edit {folder}/talking-{frames}.mp4 --direction smile -o {out}.mp4",
    "find": "find interfacegan --attribute smile -o {out}.safetensors",
    "find again": "find interfacegan --attribute age -o {out}.safetensors",
}
_LARGE = "--generator {folder}/e4e.pt -o {out}"
_INVERT = f"invert {{folder}}/face.png {_LARGE}.safetensors --inverter"
LARGE = {
    "invert 1024": f"{_INVERT} e4e --inverter-option weights={{folder}}/e4e.pt",
    "pti 1024": f"{_INVERT} pti --inverter-option pivot=optimize --inverter-option pivot_steps=5 "
    "--inverter-option steps=10 --inverter-option perceptual=0",
    "hessian 1024": f"find hessian {_LARGE} --distance pixels --distance-size 256 --samples 2 --count 4 "
    "--no-name-by-effect",
}
JOBS |= LARGE
FOLLOWS_FIND = {"find again"}  # begins with the cache that `find` left
BUSY = "import numpy\na = numpy.random.rand(512, 512)\nwhile True: a @ a"


@contextlib.contextmanager
def beside(count: int) -> Iterator[None]:
    """Keep processes of one busy thread each beside the block."""
    one = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    others = [subprocess.Popen([sys.executable, "-c", BUSY], env=one) for _ in range(count)]
    try:
        if count:
            time.sleep(1)  # until they are busy
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


class Jobs:
    """Runs jobs in a folder with a cache of its own."""

    def __init__(self, folder: Path, asked: argparse.Namespace) -> None:
        self.folder, self.frames, self.device = folder, asked.frames, asked.device
        self.limit = asked.limit
        self.calls = 0
        if set(asked.jobs) - set(LARGE):
            from clips import make

            make(folder, asked.frames)
        self.call("edit --direction smile:0 --edited-only -o {folder}/portrait.png", "cache")
        if set(asked.jobs) & set(LARGE):
            from photograph_sizes import make as make_large
            from PIL import Image

            make_large(folder)
            Image.open(folder / "portrait.png").resize((1024, 1024)).save(folder / "face.png")

    def call(self, command: str, cache: str) -> tuple[float, float]:
        """Run a command; give its wall and processor seconds."""
        self.calls += 1
        out = self.folder / f"out{self.calls}"
        filled = command.format(folder=self.folder, out=out, frames=self.frames)
        environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
        environment |= {"DYNODE_CACHE": str(self.folder / cache), "DYNODE_DEVICE": self.device}
        started, before = time.perf_counter(), _of_children()
        done = subprocess.run(
            [sys.executable, "-P", "-c", "from dynode_start import main; main()", *filled.split()],
            env=environment,
            capture_output=True,
            text=True,
            timeout=self.limit,
        )
        if done.returncode:
            raise SystemExit(f"dynode {filled}: {done.stderr.strip()}")
        return time.perf_counter() - started, _of_children() - before

    def timed(self, name: str, count: int) -> tuple[float, float]:
        """Time a job beside `count` busy threads."""
        cache = f"cache{self.calls}"
        if name in FOLLOWS_FIND:
            self.call(JOBS["find"], cache)
        with beside(count):
            return self.call(JOBS[name], cache)


def _of_children() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(jobs: Jobs, name: str, count: int, rounds: int) -> dict[str, Any]:
    """Time a job in turns, quiet and loaded."""
    load = os.getloadavg()[0]
    times: dict[str, list[tuple[float, float]]] = {"quiet": [], **({"loaded": []} if count else {})}
    for _ in range(rounds):
        for side, values in times.items():
            values.append(jobs.timed(name, count if side == "loaded" else 0))
    row: dict[str, Any] = {"job": name, "command": JOBS[name], "rounds": rounds, "beside": count}
    row |= {"device": jobs.device, "load_before": round(load, 1)}
    row |= {side: round(median(wall for wall, _ in pairs), 2) for side, pairs in times.items()}
    row["processor"] = round(median(used for _, used in times["quiet"]), 1)
    return row | ({"times": round(row["loaded"] / row["quiet"], 2)} if count else {})


def keep(row: dict[str, Any]) -> None:
    """Put a row in the place of the older one of the same job and device; write both files."""
    kept = RESULTS / "jobs.json"
    older = json.loads(kept.read_text())["jobs"] if kept.exists() else []
    by_key = {(each["job"], each["device"]): each for each in [*older, row]}
    write_json("jobs", {"processors": os.cpu_count(), "jobs": list(by_key.values())})
    lines = ["# Whole jobs", "", "Written by `python benchmarks/jobs.py`; do not edit.", ""]
    lines += [
        f"{os.cpu_count()} processors. Wall and processor seconds, medians; load is that before.",
        "",
    ]
    lines += ["| job | device | load | alone | processor | busy threads | loaded | times |"]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for each in by_key.values():
        cells = [
            str(each.get(key, "")) for key in ("quiet", "processor", "beside", "loaded", "times")
        ]
        lines += [
            f"| {each['job']} | {each['device']} | {each['load_before']} | {' | '.join(cells)} |"
        ]
    write_markdown("jobs", lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", nargs="+", choices=tuple(JOBS), default=tuple(JOBS))
    parser.add_argument("--beside", type=int, default=0, help="busy threads beside it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=250, help="of the clip, 25 a second")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--limit", type=float, help="seconds a job may take")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jobs = Jobs(Path(folder), asked)
        for name in asked.jobs:
            try:
                row = measure(jobs, name, asked.beside, asked.rounds)
            except subprocess.TimeoutExpired:
                print(f"{name}: not ended in {asked.limit:g} s", flush=True)
                row = {
                    "job": name,
                    "device": asked.device,
                    "quiet": f"not ended in {asked.limit:g} s",
                }
                row |= {"command": JOBS[name], "load_before": round(os.getloadavg()[0], 1)}
            keep(row)
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
