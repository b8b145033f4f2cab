"""Gather the results of the benchmarks of the latent ODE: `python benchmarks/dynamics_tables.py FILE…`.

Takes the JSON files of `dynamics_worlds.py`, writes the tables as Markdown to the standard output and,
with `--plot`, a plot of the errors half-way between frames.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

Row = Mapping[str, object]


def mean_of(rows: Iterable[Row], column: str) -> float:
    """Average what is there; a clip whose edit is its motion has no other moving factor."""
    return float(np.nanmean([float(str(row[column])) for row in rows]))


def told(value: float) -> str:
    return f"{value:.3g}" if value >= 0.001 else f"{value:.1e}"


def table(
    rows: Sequence[Row], names: Sequence[str], columns: Sequence[str], across: str
) -> list[str]:
    """One line for each combination of `names`, one column for each value of `across`."""
    methods = list(dict.fromkeys(str(row[across]) for row in rows))
    lines = [
        "| " + " | ".join([*names, *methods]) + " |",
        "|" + "---|" * len(names) + "---:|" * len(methods),
    ]
    keys = list(dict.fromkeys(tuple(str(row[name]) for name in names) for row in rows))
    for key in keys:
        of_key = [row for row in rows if tuple(str(row[name]) for name in names) == key]
        cells = [
            told(mean_of([row for row in of_key if row[across] == method], columns[0]))
            for method in methods
        ]
        lines.append("| " + " | ".join([*key, *cells]) + " |")
    return lines


def edits(rows: Sequence[Row]) -> list[str]:
    columns = ("edit_error", "motion_error", "identity_error", "pixel_mae", "jitter", "cpu_s")
    lines = []
    for title, chosen in (
        ("smile, glasses, age", [row for row in rows if row["edit"] != "motion"]),
        ("the factor that moves", [row for row in rows if row["edit"] == "motion"]),
    ):
        if not chosen:
            continue
        lines += ["", f"Edit of {title}; mean over the clips:", ""]
        lines += ["| mode | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
        for mode in dict.fromkeys(str(row["mode"]) for row in chosen):
            of_mode = [row for row in chosen if row["mode"] == mode]
            cells = [
                "–"
                if all(row[column] != row[column] for row in of_mode)
                else told(mean_of(of_mode, column))
                for column in columns
            ]
            lines.append(f"| {mode} | " + " | ".join(cells) + " |")
    return lines


def times(rows: Sequence[Row]) -> list[str]:
    lines = []
    for column in ("latent_mse", "pixel_mae", "factor_mae"):
        for where in ("between", "observed"):
            chosen = [row for row in rows if row["where"] == where]
            lines += ["", f"{column}, {where}:", ""]
            lines += table(chosen, ("motion", "times"), (column,), "method")
            lines += table(chosen, ("times",), (column,), "method")[2:]
    return lines


def plot(rows: Sequence[Row], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    motions = list(dict.fromkeys(str(row["motion"]) for row in rows))
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True)
    for panel, spacing in zip(panels, ("regular", "irregular"), strict=True):
        for index, method in enumerate(methods):
            heights = [
                mean_of(
                    [
                        row
                        for row in rows
                        if (row["motion"], row["times"], row["method"], row["where"])
                        == (motion, spacing, method, "between")
                    ],
                    "latent_mse",
                )
                for motion in motions
            ]
            places = np.arange(len(motions)) + (index - len(methods) / 2) * 0.8 / len(methods)
            panel.bar(places, heights, 0.8 / len(methods), align="edge", label=method)
        panel.set_xticks(range(len(motions)), motions)
        panel.set_yscale("log")
        panel.set_title(f"{spacing} frame times")
        panel.grid(axis="y", alpha=0.3)
    panels[0].set_ylabel("mean squared error of the codes\nhalf-way between frames")
    figure.tight_layout()
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0), ncols=6
    )
    figure.savefig(path, dpi=80, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    rows: list[Row] = []
    for path in given.files:
        rows += json.loads(path.read_text(encoding="utf-8"))["rows"]
    print("\n".join(edits(rows) if "mode" in rows[0] else times(rows)).strip())
    if given.plot:
        plot(rows, given.plot)


if __name__ == "__main__":
    main()
