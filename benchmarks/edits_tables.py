"""The rows of benchmarks/edits.py, and the files that tell them."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from result_files import RESULTS, write_json, write_markdown


@dataclass(frozen=True)
class Row:
    """What one mode did for one text over all seeds."""

    text: str
    mode: str
    seeds: int
    effect: float
    leakage: float
    strength_of_one: float
    leakage_at_one: float
    identity_at_one: float
    worst_leak: str
    first_s: float
    further_s: float


def write(rows: Sequence[Row], args: argparse.Namespace) -> None:
    command = f"python benchmarks/edits.py --seeds {args.seeds} --optimised {args.optimised}"
    command += f" --exact-images {args.exact_images} --truncation {args.truncation:g}"
    machine = f"{platform.machine()}, 2 CPU cores, {args.threads} thread, torch {torch.__version__}"
    document = {"command": command, "machine": machine, "rows": [asdict(row) for row in rows]}
    write_json("edits-styleclip", document)
    lines = [
        f"`{command}` ({machine}); seconds are of the processor",
        "",
        "| text | mode | seeds | effect (σ) | leakage (σ) | worst leak | leakage at 1 σ | "
        "identity at 1 σ | first edit (s) | further edit (s) |",
        "|---|---|---:|---:|---:|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.text} | {r.mode} | {r.seeds} | {r.effect:.2f} | {r.leakage:.2f} | {r.worst_leak} | "
        f"{r.leakage_at_one:.3f} | {r.identity_at_one:.3f} | {r.first_s:.1f} | {r.further_s:.3f} |"
        for r in rows
    ]
    measured = RESULTS / "relevance.json"
    if measured.exists():
        exact = json.loads(measured.read_text())["sides"]["exact"]["cpu"]
        lines += [
            "",
            f"global-exact: after {exact:.0f} s of measuring all channels, once for all texts.",
        ]
    write_markdown("edits-styleclip", lines)
