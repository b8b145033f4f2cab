"""Figures of benchmarks in the pages: `%bench NAME%` becomes the table and the plot of its JSON.

`python docs/benches.py NAME` prints the table. A name may lie in a folder, such as `skies/directions`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from dynode_bench import DirectionBench, Row, read_result
from dynode_bench.writing import Result

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "bench"


def filled(page: str) -> str:
    """Fill in what `%bench NAME%` stands for; so do ` means`, ` plot` and ` beside OTHER` behind the name."""
    page = re.sub(r"%bench ([\w/]+) beside ([\w/]+)%", lambda found: beside(*found.groups()), page)
    return re.sub(r"%bench ([\w/]+)( means| plot)?%", lambda found: _told(*found.groups()), page)


def beside(*names: str) -> str:
    """Write a line per method: what the results of several worlds say of its directions, side by side."""
    worlds = {}
    for name in names:
        result = _read(name)
        assert isinstance(result, DirectionBench)
        worlds[result.spec["generator"]] = result.rows
    columns = [f"{world}: {what}" for world in worlds for what in ("reached", "effect", "leakage")]
    lines = [f"| method | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for method in dict.fromkeys(row.method for rows in worlds.values() for row in rows):
        told = [_means([r for r in rows if r.method == method]) for rows in worlds.values()]
        lines.append(f"| {method} | {' | '.join(told)} |")
    return "\n".join(lines)


def _means(rows: list[Row]) -> str:
    """Write how many attributes are reached, and means over these of effect and of leakage at effect 1."""
    good = [(r.effect, r.leakage) for r in rows if r.effect is not None and r.leakage is not None]
    if not good:
        return f"0 of {len(rows)} | | "
    effect, leakage = (sum(column) / len(good) for column in zip(*good, strict=True))
    return f"{len(good)} of {len(rows)} | {effect:.2f} | {leakage:.3f}"


def _read(name: str) -> Result:
    return read_result(json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")))


def _told(name: str, part: str | None) -> str:
    result = _read(name)
    if part == " means":
        return result.summary()
    if part == " plot":
        return f"```{{raw}} html\n{result.plot()}\n```"
    return result.table()


if __name__ == "__main__":
    print(_told(sys.argv[1], None))
