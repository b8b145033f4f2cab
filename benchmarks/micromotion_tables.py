"""The Markdown and the pictures of benchmarks/micromotion.py."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

import numpy as np
import torch
from micromotion_bench import Bench

import dynode
from dynode.latents.latents import Latents
from dynode.media.images import grid, write_image
from dynode.pipeline.generate import synthesize_batches
from dynode_facets.training.micromotions import MOTIONS


def report(found: dict, args: argparse.Namespace) -> list[str]:
    machine = f"{os.cpu_count()} CPU cores, {args.threads} thread, torch {torch.__version__}"
    command = (
        f"python benchmarks/micromotion.py --face {args.face} --pictures {args.pictures}"
        f" --samples {args.samples}"
    )
    lines = [f"`{command}` ({platform.machine()}, {machine})", ""]
    if "text" in found:
        lines += ["Means over the five motions, each at an effect of about 1:", ""]
        lines += [*means(found["text"]["rows"]), "", *table(found["text"]["rows"]), ""]
        columns = list(found["text"]["orders"]["smile"])
        lines += ["| motion | " + " | ".join(columns) + " |"]
        lines += ["|---|" + "---:|" * (len(columns) - 1) + "---|"]
        for motion, told in found["text"]["orders"].items():
            lines.append(f"| {motion} | " + " | ".join(str(v) for v in told.values()) + " |")
    if "variance" in found:
        lines += ["", "| anchors | rows | first component | first two | first three |"]
        lines += ["|---|---|---:|---:|---:|"]
        for name, told in found["variance"].items():
            rows = np.array(told["raw"])
            cells = [f"{rows[:, i].mean():.3f} ({rows[:, i].min():.2f})" for i in range(3)]
            alike = "all alike" if (rows == rows[0]).all() else f"{len(rows)}, mean (least)"
            lines.append(f"| {name} | {alike} | {' | '.join(cells)} |")
    if "video" in found:
        lines += ["", *table(found["video"]["rows"], "clip"), ""]
        lines.append(
            f"At InterFaceGAN's leakage, {found['video']['leakage']:.3f}, the clip's direction has an "
            f"effect of {found['video']['effect at that leakage']:.3f}."
        )
    if "animate" in found:
        lines += ["", "| animate, 100 frames at 128 px | |", "|---|---:|"]
        lines += [f"| {name} | {value} |" for name, value in found["animate"].items()]
    return lines


def table(rows: list[dict], first: str = "motion") -> list[str]:
    lines = [
        f"| {first} | method | effect | leakage | systematic | identity | most besides |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        most = ", ".join(f"{name} {change:+.2f}" for name, change in list(row["most"].items())[:2])
        figures = [f"{row[n]:.3f}" for n in ("effect", "leakage", "systematic", "identity")]
        lines.append(f"| {row['motion']} | {row['method']} | {' | '.join(figures)} | {most} |")
    return lines


def means(rows: list[dict]) -> list[str]:
    lines = ["| method | leakage | systematic | identity |", "|---|---:|---:|---:|"]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        cells = [np.mean([row[n] for row in own]) for n in ("leakage", "systematic", "identity")]
        lines.append(f"| {method} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return lines


def plot(told: dict, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = ["default " + motion for motion in MOTIONS] + ["published smile", "clip head-turn"]
    figure, axes = plt.subplots(1, len(names), figsize=(13, 2.5), sharey=True)
    ranks = range(1, 7)
    for axis, name in zip(axes, names, strict=True):
        rows = told[name]["raw"]
        for index, row in enumerate(rows):
            colour = plt.get_cmap("viridis")(index / max(1, len(rows) - 1))
            axis.plot(ranks, row, color=colour, linewidth=1)
        axis.plot(ranks, np.array(ranks) / told[name]["anchors"], "k:", linewidth=1)
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("components")
        axis.set_xticks(list(ranks))
        axis.set_ylim(0, 1.02)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("explained share")
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=80)


def strip(bench: Bench, names: list[str], path: Path) -> None:
    """Draw a face at six moments of each ready micromotion."""
    rows = []
    for name, seed in zip(names, (9, 11, 19, 10, 1), strict=True):
        animation = dynode.animate(None, name, generator=bench.generator, seed=seed, frames=2)
        rows.append(animation.codes(torch.linspace(0, 1, 6)))
    write_image(grid(synthesize_batches(bench.generator, Latents.cat(rows)), columns=6), path)
