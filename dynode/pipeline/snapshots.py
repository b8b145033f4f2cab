"""The best snapshot of a training run, by a metric it recorded."""

from __future__ import annotations

import json
import math
from pathlib import Path

from dynode.errors import OptionError

_FIRST_CHOICE = "metric-fvd2048_16f.jsonl"


def best_snapshot(folder: Path) -> Path:
    """Find the snapshot with the smallest recorded value; the earliest of equal ones.

    Args:
        folder: Holds snapshots and `metric-<name>.jsonl`, one JSON object a line with `results` and
            `snapshot_pkl`. `metric-fvd2048_16f.jsonl` is taken where there are several.

    Raises:
        OptionError: There is no such file, none of its snapshots, or several metrics.
    """
    found = sorted(folder.glob("metric-*.jsonl"))
    chosen = [path for path in found if path.name == _FIRST_CHOICE] or found
    if len(chosen) != 1:
        listed = ", ".join(path.name for path in chosen) or "none"
        raise OptionError(
            f"{folder} holds the metrics {listed}; expected one metric-<name>.jsonl; name the snapshot "
            "with --generator"
        )
    name = chosen[0].name.removeprefix("metric-").removesuffix(".jsonl")
    scored = []
    for line in chosen[0].read_text(encoding="utf-8").splitlines():
        value, snapshot = _entry(line, name)
        path = folder / Path(snapshot).name
        if snapshot and math.isfinite(value) and path.is_file():
            scored.append((value, path))
    if not scored:
        raise OptionError(
            f"{chosen[0].name} names no snapshot that is in {folder}; name one with --generator"
        )
    return min(scored, key=lambda pair: pair[0])[1]


def _entry(line: str, name: str) -> tuple[float, str]:
    """Read a value and the snapshot it belongs to; infinity for a line that is none."""
    try:
        entry = json.loads(line)
        return float(entry["results"][name]), str(entry["snapshot_pkl"])
    except (ValueError, TypeError, KeyError):
        return math.inf, ""
