"""The notebook of the examples runs cell by cell, and shows the pictures it says it shows."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
from dynode.plugins import Registry

from .conftest import ROOT

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]
SHOWN = {"image/png": "_repr_png_", "text/html": "_repr_html_"}


def run_cell(source: str, namespace: dict[str, Any]) -> object:
    """Run a cell as a notebook does: the value of its last line is what is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), namespace)  # our own notebook
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)


@pytest.fixture(scope="module")
def stored() -> list[set[str]]:
    """What the notebook as it lies there shows, cell by cell."""
    return [
        {kind for output in cell["outputs"] for kind in output.get("data", {})} for cell in CODE
    ]


def test_the_notebook_was_run_without_an_error(stored: list[set[str]]) -> None:
    kinds = [output["output_type"] for cell in CODE for output in cell["outputs"]]

    assert "error" not in kinds
    assert sum("image/png" in shown for shown in stored) >= 5


def test_every_cell_runs_and_shows_what_is_stored(
    stored: list[set[str]],
    small_world: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    for name in ("smile", "glasses", "age"):
        dynode.LinearDirection(torch.ones(32)).save(
            tmp_path / "cache" / "directions" / f"{name}.safetensors"
        )
    namespace: dict[str, Any] = {"__name__": "notebook"}

    values = [run_cell("".join(cell["source"]), namespace) for cell in CODE]

    for value, kinds in zip(values, stored, strict=True):
        for kind in kinds & set(SHOWN):
            assert getattr(value, SHOWN[kind])()
    assert any(type(value).__name__ == "EditResult" for value in values)
