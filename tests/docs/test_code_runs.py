"""Every Python block of the documentation and every example runs, on the bundled world in small."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import dynode
from dynode.pipeline.convert import convert_checkpoint
from dynode.plugins import Registry
from dynode.testing import write_tiny_generator

from .conftest import ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def a_short_clip() -> dict[str, object]:
    latents = dynode.load_generator().sample(5, seed=0)
    quick = dynode.FitOptions(steps=40, shooting=0, width=16)
    fit = functools.partial(dynode.fit_trajectory, options=quick)
    names = SimpleNamespace(fit_trajectory=fit)
    return {"torch": torch, "dynode": names, "latents": latents, "times": torch.arange(5.0) * 2.5}


def checkpoint_files() -> dict[str, object]:
    source = write_tiny_generator(Path("tiny.safetensors"))
    convert_checkpoint(source, Path("my-network.pt"), layout="nvlabs")
    torch.save({"state_dict": {"encoder.input.weight": torch.zeros(2)}}, "e4e.pt")
    return {}


def a_direction_file() -> dict[str, object]:
    dynode.LinearDirection(torch.ones(4)).save("smile.safetensors")
    return {}


# Names and files that a page takes for granted: they stand in its text.
GRANTED = {
    "dynamics.md": a_short_clip,
    "checkpoints.md": checkpoint_files,
    "direction-format.md": a_direction_file,
}
# Model cards: the commands of their figures take minutes and the bundled weights.
MEASURED = DOCS / "models"


def blocks_of(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if blocks_of(page) and page.parent != MEASURED],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_the_python_blocks_of_a_page_run_one_after_the_other(
    page: Path, small_world: Registry
) -> None:
    namespace = GRANTED.get(page.name, dict)() | {"__name__": "page"}

    for number, block in enumerate(blocks_of(page), start=1):
        code = compile(block, f"{page.name}, block {number}", "exec", dont_inherit=True)
        exec(code, namespace)  # our own pages


@pytest.mark.parametrize("page", sorted(MEASURED.glob("*.md")), ids=lambda page: page.stem)
def test_what_the_commands_of_a_model_card_import_is_there(page: Path) -> None:
    for block in blocks_of(page):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                assert [name.name for name in node.names if not hasattr(module, name.name)] == []


# The text model of the bundled world in small knows a few words only.
@pytest.mark.filterwarnings("ignore::dynode.text.UnknownWordsWarning")
@pytest.mark.filterwarnings("ignore::dynode.text.WeakEditWarning")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example: Path, small_world: Registry) -> None:
    runpy.run_path(str(example), run_name="__main__")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_cells_and_stands_in_the_list(example: Path) -> None:
    source = example.read_text(encoding="utf-8")

    assert source.startswith('"""')
    assert source.count("\n# %% ") >= 2
    assert f"]({example.name})" in (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
