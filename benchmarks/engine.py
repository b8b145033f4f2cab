"""Compare dynode's engine on the CPU with what one would pick instead, one table.

    OMP_NUM_THREADS=1 python benchmarks/engine.py --networks facets-128 128 256 --batches 1 4

Dynode eager and compiled, ONNX Runtime, OpenVINO and the published formulation draw the same codes
with the same weights, in turns in one process, one thread each; medians of processor seconds, which
another job on the machine moves less than those of a clock. Errors are largest differences from
eager, pictures being about [-1, 1]. Memory is the peak of everything a process of its own holds
while it draws, libraries and weights included; ONNX Runtime and OpenVINO run there without torch.

Networks: `facets-128` is bundled; a number is random weights (seed 0) of the published widths.
What is measured is kept in benchmarks/results/engine.json beside what was measured before, so that
the table can be made in parts, and engine.md is written from all of it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from engines import ENGINES, Absent, Draw
from result_files import RESULTS, write_json, write_markdown

NETWORKS = ("facets-128", "128", "256", "512", "1024")
TARGET_SECONDS = 60.0  # for all rounds of one row
FEWEST_ROUNDS, MOST_ROUNDS = 3, 25


def prepare(network: str, folder: Path) -> Path:
    """Write the program and, beside it, the weights; give the program."""
    import torch
    from synthesis import make_generator

    from dynode.generator import load_generator
    from dynode.stylegan2 import StyleGAN2
    from dynode.stylegan2.export import export_generator
    from dynode.testing import write_tiny_generator

    generator = make_generator(int(network)) if network.isdigit() else load_generator(network)
    assert isinstance(generator, StyleGAN2)
    generator.network.requires_grad_(False)
    path = folder / f"{network}.onnx"
    write_tiny_generator(path.with_suffix(".safetensors"), generator)
    export_generator(generator, path)
    with torch.no_grad():
        codes = generator.sample(4, seed=0, truncation=1.0).w.numpy()
    np.save(path.with_suffix(".npy"), codes)
    return path


def build(path: Path, batch: int, chosen: list[str]) -> dict[str, Draw]:
    """Build every engine that is here; print a line for each that is not."""
    built = {}
    for name in chosen:
        try:
            built[name] = ENGINES[name](path, batch)
        except Absent as absent:
            print(f"skipped: {absent}", file=sys.stderr)
    return built


def graph_breaks(path: Path, codes: np.ndarray) -> int:
    """Count where a compiler would fall back to Python."""
    import torch
    from engines import load

    from dynode.latents import Latents

    generator = load(path)
    torch._dynamo.reset()
    told = torch._dynamo.explain(lambda w: generator.synthesize(Latents(w)))(
        torch.from_numpy(codes)
    )
    torch._dynamo.reset()
    return int(told.graph_break_count)


def timed(draw: Draw, codes: np.ndarray) -> float:
    start = time.process_time()
    draw(codes)
    return time.process_time() - start


def compare(path: Path, batch: int, chosen: list[str]) -> dict[str, Any]:
    """Time all engines in turns and compare their pictures."""
    codes = np.load(path.with_suffix(".npy"))[:batch]
    draws = build(path, batch, chosen)
    pictures = {name: draw(codes) for name, draw in draws.items()}
    errors = {name: float(np.abs(p - pictures["eager"]).max()) for name, p in pictures.items()}
    once = sum(timed(draw, codes) for draw in draws.values())
    rounds = int(min(MOST_ROUNDS, max(FEWEST_ROUNDS, TARGET_SECONDS / once)))
    times: dict[str, list[float]] = {name: [] for name in draws}
    for _ in range(rounds):
        for name, draw in draws.items():
            times[name].append(timed(draw, codes))
    found = {"rounds": rounds, "errors": errors, "graph_breaks": graph_breaks(path, codes)}
    return found | {"seconds": {name: median(values) for name, values in times.items()}}


def peak_memory(name: str, path: Path, batch: int) -> float:
    """MiB a process of its own holds at most while it draws."""
    command = [sys.executable, __file__, "--memory-of", name, str(path), str(batch)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def print_memory(name: str, path: Path, batch: int) -> None:
    """Draw twice and print the process's high-water mark of the second time (Linux)."""
    codes = np.load(path.with_suffix(".npy"))[:batch]
    draw = ENGINES[name](path, batch)
    draw(codes)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # resets the mark
    draw(codes)
    lines = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)


def run(network: str, batch: int, path: Path, chosen: list[str]) -> dict[str, Any]:
    import torch

    with torch.no_grad():
        row = compare(path, batch, chosen)
    memory = {name: peak_memory(name, path, batch) for name in row["seconds"]}
    return {"network": network, "batch": batch} | row | {"memory_mib": memory}


def versions() -> dict[str, str]:
    """Versions of the runtimes that are here, and the processor."""
    import importlib.metadata as metadata

    from synthesis import processor

    found = {"processor": processor()}
    for name in ("torch", "onnxruntime", "openvino"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def keep(rows: list[dict[str, Any]]) -> None:
    """Put rows in the place of older ones of the same network and batch; write both files."""
    kept = RESULTS / "engine.json"
    older = json.loads(kept.read_text())["rows"] if kept.exists() else []
    by_key = {(row["network"], row["batch"]): row for row in [*older, *rows]}
    order = sorted(by_key, key=lambda key: (NETWORKS.index(key[0]), key[1]))
    document = {"versions": versions(), "rows": [by_key[key] for key in order]}
    write_json("engine", document)
    write_markdown("engine", tables(document))


def tables(document: dict[str, Any]) -> list[str]:
    """Write the three tables."""
    told = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    lines = ["# The engine on the CPU, one thread", ""]
    lines += ["Written by `OMP_NUM_THREADS=1 python benchmarks/engine.py`; do not edit.", "", told]
    for title, key, form in (
        ("Processor seconds, medians of interleaved rounds", "seconds", "{:.3f}"),
        ("Largest difference from eager", "errors", "{:.1e}"),
        ("Peak memory of the whole process, MiB", "memory_mib", "{:.0f}"),
    ):
        lines += ["", f"{title}:", ""]
        lines.append(f"| network | batch | {' | '.join(ENGINES)} | graph breaks | rounds |")
        lines.append("| --- |" + " ---: |" * (len(ENGINES) + 3))
        for row in document["rows"]:
            cells = [form.format(row[key][n]) if n in row[key] else "" for n in ENGINES]
            lines.append(
                f"| {row['network']} | {row['batch']} | {' | '.join(cells)} "
                f"| {row['graph_breaks']} | {row['rounds']} |"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--batches", nargs="+", type=int, choices=range(1, 5), default=(1, 4))
    parser.add_argument("--engines", nargs="+", choices=tuple(ENGINES), default=tuple(ENGINES))
    parser.add_argument("--memory-of", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory_of:
        name, path, batch = asked.memory_of
        print_memory(name, Path(path), int(batch))
        return
    chosen = list(dict.fromkeys(["eager", *asked.engines]))
    for network in asked.networks:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder  # nothing that was compiled before
            path = prepare(network, Path(folder))
            for batch in asked.batches:
                row = run(network, batch, path, chosen)
                keep([row])
                print(json.dumps(row), flush=True)
    print(RESULTS / "engine.md")


if __name__ == "__main__":
    main()
