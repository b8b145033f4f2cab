"""Measure directions exactly, by the factors that were planted in the codes of the bundled world.

    dynode facets train directions --only smile -o runs/smile      # draws and scores the pictures
    python benchmarks/planted.py runs/directions/labels.csv

In the bundled world a code is an affine picture of the factors, so what a direction does to every
factor can be read off it without drawing anything: neither the scorer's errors nor the look of a
factor blur the figures, as they do in `dynode bench directions`. Boundaries are trained on the scorer's
readings in the table (its first column is the seed of the picture), at the published selection ratio.

- leakage: mean absolute change of the other factors while the target moves by one standard deviation
- largest: the largest of these changes
- accuracy: of the boundary on validation samples

Writes results/planted.json and .md.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import time
from pathlib import Path

import torch
from torch import Tensor

import dynode
from dynode.direction.linear import LinearDirection
from dynode.generator.population import draw_z
from dynode_facets.factor_table import FACTOR_NAMES
from dynode_facets.w_space import factors_of, mean_code
from dynode_interfacegan.boundary import Boundary, project, train_boundary

RESULTS = Path(__file__).parent / "results"
TARGETS = ("smile", "age", "glasses", "yaw", "eye_open")
RATIO = 0.02
CONDITIONS = 3
COMPONENTS = 40


def read(table: Path) -> tuple[Tensor, Tensor]:
    """Read codes in W and the scorer's readings."""
    head, *rows = csv.reader(table.open())
    if head != ["seed", *FACTOR_NAMES]:
        raise SystemExit(f"{table} is no table of 'dynode facets train directions'")
    generator = dynode.load_generator("facets-128")
    z = torch.cat([draw_z(generator.info, 1, seed=int(row[0])) for row in rows])
    with torch.inference_mode():
        codes = generator.map(z).w[:, 0].clone()
    return codes, torch.tensor([[float(cell) for cell in row[1:]] for row in rows])


def effects(vector: Tensor, target: int) -> Tensor:
    """Changes of all factors, where the target changes by 1; every factor has the same deviation."""
    mean = mean_code(len(vector))
    moved = factors_of(mean + vector.double()) - factors_of(mean)
    return moved / moved[target]


def row(target: str, method: str, vector: Tensor, seconds: float, note: str = "") -> dict:
    column = FACTOR_NAMES.index(target)
    others = effects(vector, column)
    others[column] = 0.0
    strongest = others.abs().argsort(descending=True)[:CONDITIONS].tolist()
    return {
        "target": target,
        "method": method,
        "leakage": round(float(others.abs().sum()) / (len(others) - 1), 4),
        "largest": round(float(others.abs().max()), 3),
        "seconds": round(seconds, 2),
        "note": note,
        "most": {FACTOR_NAMES[index]: round(float(others[index]), 3) for index in strongest},
    }


def boundary(codes: Tensor, scores: Tensor, name: str) -> tuple[Boundary, float]:
    start = time.process_time()
    column = scores[:, FACTOR_NAMES.index(name)]
    found = train_boundary(codes, column, chosen_num_or_ratio=RATIO)
    return found, time.process_time() - start


def boundary_rows(codes: Tensor, scores: Tensor, target: str) -> list[dict]:
    plain, seconds = boundary(codes, scores, target)
    accuracy = f"accuracy {plain.validation_accuracy:.1%}"
    first = row(target, "InterFaceGAN", plain.normal[0], seconds, accuracy)
    trained = [boundary(codes, scores, name) for name in first["most"]]
    held = project(plain.normal, [condition.normal for condition, _ in trained])
    seconds += sum(took for _, took in trained)
    note = "held: " + ", ".join(first["most"])
    return [first, row(target, "InterFaceGAN, conditional", held[0], seconds, note)]


def component_row(method: str, title: str, target: str) -> dict:
    """The component whose change falls most on the target."""
    start = time.process_time()
    found = dynode.find(method, count=COMPONENTS, name_by_effect=False)
    seconds = time.process_time() - start
    assert isinstance(found, list)
    rows = [
        row(target, title, one.delta, seconds, one.info.name)
        for one in found
        if isinstance(one, LinearDirection)
    ]
    return min(rows, key=lambda one: one["leakage"])


def write(rows: list[dict], count: int) -> None:
    command = "python benchmarks/planted.py runs/directions/labels.csv"
    machine = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": 1,
        "torch": torch.__version__,
    }
    RESULTS.mkdir(exist_ok=True)
    document = {"command": command, "pictures": count, "machine": machine, "rows": rows}
    (RESULTS / "planted.json").write_text(json.dumps(document, indent=2) + "\n")
    lines = [
        f"`{command}`, {count:,} pictures (seeds 0 to {count - 1}), one of {os.cpu_count()} CPU cores, "
        f"torch {torch.__version__};",
        "seconds of processor time, without drawing and scoring.",
        "",
        "| target | method | leakage | largest | seconds | most besides | |",
        "|---|---|---:|---:|---:|---|---|",
    ]
    for one in rows:
        most = ", ".join(f"{name} {change:+.2f}" for name, change in list(one["most"].items())[:2])
        figures = " | ".join(f"{one[name]:.3g}" for name in ("leakage", "largest", "seconds"))
        lines.append(f"| {one['target']} | {one['method']} | {figures} | {most} | {one['note']} |")
    lines += ["", "| mean of the targets | leakage | largest |", "|---|---:|---:|"]
    for method in dict.fromkeys(one["method"] for one in rows):
        own = [one for one in rows if one["method"] == method]
        means = [sum(one[name] for one in own) / len(own) for name in ("leakage", "largest")]
        lines.append(f"| {method} | {' | '.join(f'{mean:.3f}' for mean in means)} |")
    (RESULTS / "planted.md").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="labels.csv of 'dynode facets train directions'")
    args = parser.parse_args()
    torch.set_num_threads(1)
    codes, scores = read(args.table)
    rows: list[dict] = []
    for target in TARGETS:
        rows += boundary_rows(codes, scores, target)
        rows.append(component_row("sefa", "SeFa, best component", target))
        rows.append(component_row("ganspace", "GANSpace, best component", target))
        print(*rows[-4:], sep="\n", flush=True)
        write(rows, len(codes))


if __name__ == "__main__":
    main()
