"""Figures of benchmarks in the pages: `%bench NAME%` becomes the table and the plot of its JSON.

`python docs/benches.py NAME` prints the table.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from dynode_bench import read_result

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "bench"


def filled(page: str) -> str:
    """Fill in what `%bench NAME%`, `%bench NAME means%` and `%bench NAME plot%` stand for."""
    return re.sub(r"%bench (\w+)( means| plot)?%", lambda found: _told(*found.groups()), page)


def _told(name: str, part: str | None) -> str:
    result = read_result(json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")))
    if part == " means":
        return result.summary()
    if part == " plot":
        return f"```{{raw}} html\n{result.plot()}\n```"
    return result.table()


if __name__ == "__main__":
    print(_told(sys.argv[1], None))
