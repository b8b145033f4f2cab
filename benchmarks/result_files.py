"""Write `results/NAME.json` and `.md`, so that no reader ever finds a half-written file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from dynode import files

RESULTS = Path(__file__).parent / "results"


def write_json(name: str, document: object, *, indent: int = 2) -> None:
    with files.written(RESULTS / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(document, indent=indent) + "\n", encoding="utf-8")


def write_markdown(name: str, lines: Iterable[str]) -> None:
    with files.written(RESULTS / f"{name}.md") as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
