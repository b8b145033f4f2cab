"""The tables of benchmarks/directions.py, and the files that tell them."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict

import torch
from directions_bench import HELD_OUT_SEED, TARGETS, Bench, Row
from result_files import write_json, write_markdown


def table(rows: list[Row]) -> list[str]:
    head = ("target", "method", "effect", "leakage", "systematic", "identity", "seconds")
    lines = [f"| {' | '.join((*head, 'samples', 'accuracy', 'most besides'))} |"]
    lines.append("|---|---|" + "---:|" * 7 + "---|")
    for row in rows:
        most = ", ".join(f"{name} {change:+.2f}" for name, change in list(row.most.items())[:2])
        cells = [row.target, row.method, *(_cell(getattr(row, name)) for name in head[2:])]
        accuracy = f"{row.accuracy:.1%}" if row.accuracy == row.accuracy else ""
        lines.append(f"| {' | '.join((*cells, f'{row.samples:,}', accuracy, most or row.note))} |")
    return lines


def _cell(value: float) -> str:
    return f"{value:.3g}" if value == value else ""


def means(rows: list[Row]) -> list[str]:
    """Average the targets, method by method."""
    lines = ["| method | leakage | systematic | identity |", "|---|---:|---:|---:|"]
    for method in dict.fromkeys(row.method for row in rows):
        own = [row for row in rows if row.method == method and row.leakage == row.leakage]
        if own:
            cells = [
                sum(getattr(row, name) for row in own) / len(own)
                for name in ("leakage", "systematic", "identity")
            ]
            title = method if len(own) == len(TARGETS) else f"{method} ({len(own)} targets)"
            lines.append(f"| {title} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return lines


def write(rows: list[Row], bench: Bench) -> None:
    """Write what is measured so far."""
    args = bench.args
    command = (
        f"python benchmarks/directions.py --samples {args.samples}"
        f" --pictures {args.pictures} --components {args.components}"
    )
    document = {
        "command": command,
        "seed": 0,
        "held_out_seed": HELD_OUT_SEED,
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": args.threads,
            "torch": torch.__version__,
        },
        "generator": bench.generator.info.fingerprint,
        "rows": [asdict(row) for row in rows],
    }
    write_json("directions", document)
    head = (
        f"`{command}`, seed 0 (held-out pictures: {HELD_OUT_SEED}), {args.threads} of "
        f"{os.cpu_count()} CPU cores, torch {torch.__version__}; seconds of processor time."
    )
    text = [head, "", *table(rows), "", "Means over the targets:", "", *means(rows)]
    write_markdown("directions", text)
