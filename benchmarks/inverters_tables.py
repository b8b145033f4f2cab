"""The rows of benchmarks/inverters.py, and the files and the plot that tell them."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from result_files import write_json, write_markdown


@dataclass(frozen=True)
class Row:
    """What one method did."""

    label: str
    pictures: int
    psnr: float
    perceptual: float
    factor_error: float
    edit_effect: float
    edit_leakage: float
    edit_psnr: float
    cpu_s: float
    wall_s: float
    code_numbers: int


def _table(rows: Sequence[Row], share: Callable[[Row], str]) -> list[str]:
    lines = [
        "| inverter | PSNR (dB) | perceptual | factor error | edit effect (σ) | leakage (σ) | "
        "edit PSNR (dB) | s a picture (processor) | s (wall) | delta |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.label} | {r.psnr:.2f} | {r.perceptual:.4f} | {r.factor_error:.3f} | {r.edit_effect:.2f} | "
        f"{r.edit_leakage:.3f} | {r.edit_psnr:.2f} | {r.cpu_s:.3f} | {r.wall_s:.3f} | {share(r)} |"
        for r in rows
    ]
    return lines


def write(
    args: argparse.Namespace, whole: Sequence[Row], part: Sequence[Row], *, size: int, seed: int
) -> None:
    """Write both tables; `size` is how many numbers the generator holds."""

    def share(row: Row) -> str:
        return f"{row.code_numbers / size:.2%}" if row.code_numbers else "–"

    command = (
        f"python benchmarks/inverters.py --pictures {args.pictures} --variants {args.variants}"
    )
    machine = f"{platform.machine()}, {os.cpu_count()} cores, 1 thread, torch {torch.__version__}"
    text = [
        f"`{command}` (seed {seed}; {machine}; other work ran on the machine, so compare processor time)",
        "",
        f"{args.pictures} held-out renders:",
        "",
        *_table(whole, share),
        "",
        f"The first {args.variants} of these renders, and variants of PTI:",
        "",
        *_table(part, share),
        "",
        "Delta: numbers of the offset of the weights, as a part of the generator's.",
    ]
    write_markdown("inverters", text)
    document = {"whole": [asdict(r) for r in whole], "part": [asdict(r) for r in part]}
    write_json("inverters", document, indent=1)
    print("\n".join(text))


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw distortion against editability."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    colours = pyplot.get_cmap("tab20").colors
    for axis, name, label in (
        (axes[0], "edit_psnr", "PSNR of the edited picture to the truth (dB)"),
        (axes[1], "edit_leakage", "leakage of the edit (σ, lower is better)"),
    ):
        for index, row in enumerate(rows):
            marker, colour = "os^Dv"[index % 5], colours[index % len(colours)]
            axis.scatter(row.psnr, getattr(row, name), marker=marker, color=colour, label=row.label)
        axis.set_xlabel("PSNR of the reconstruction (dB)")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    figure.savefig(path, dpi=110)
