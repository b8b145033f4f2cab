"""The table of `robustness.md`: tests marked `robust`, read from their source without running them.

`@pytest.mark.robust(kind="A", member="a held last picture")` is one row. Without `member`, each case
of the test's `parametrize` is one: the `id` of a `pytest.param`, `ids=[...]`, plain words, or the keys
or names of what stands there. `python docs/robustness.py` prints the table.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
KINDS = {
    "A": "The clock of a clip",
    "B": "What is shown is not what is stored",
    "C": "Written back with less than was read",
    "D": "Kind by content, never by suffix alone",
    "E": "Same tensors, other wrapping",
    "F": "Generators that are not RGB or not square",
    "G": "Damage inside a clip",
    "H": "Files are only read",
    "I": "Caches heal and are optional",
    "J": "Plugins cannot end the program silently",
    "K": "Two at once, half-written, out of space",
    "L": "The default of a clip",
    "M": "Published arithmetic",
    "N": "Words the model does not know",
}


@dataclass(frozen=True)
class Row:
    """One member of a kind, and the test that tries it."""

    kind: str
    member: str
    test: str


def rows(tests: Path = ROOT / "tests") -> list[Row]:
    """Read the marked tests of a folder."""
    files = sorted(tests.rglob("test_*.py"))
    return [row for file in files for row in _of_file(file, file.relative_to(tests.parent))]


def table(found: list[Row]) -> str:
    """Write one section of Markdown for each kind."""
    sections = []
    for kind, title in KINDS.items():
        members = [row for row in found if row.kind == kind]
        if members:
            lines = [f"| {row.member.replace('|', '/')} | `{row.test}` |" for row in members]
            head = f"## {kind} · {title}\n\n| member | test |\n|---|---|\n"
            sections.append(head + "\n".join(lines) + "\n")
    return "\n".join(sections)


def _of_file(path: Path, name: Path) -> Iterator[Row]:
    module = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            for mark in _marks(node, "robust"):
                given = {word.arg: ast.literal_eval(word.value) for word in mark.keywords}
                members = [given["member"]] if "member" in given else _cases(node, named)
                kind = given["kind"][:1]  # "A", or "A clips"
                if kind not in KINDS or not members:
                    raise ValueError(f"{name}::{node.name}: no kind {given['kind']}, or no members")
                for member in members:
                    yield Row(kind, member, f"{name}::{node.name}")


def _marks(test: ast.FunctionDef, mark: str) -> list[ast.Call]:
    calls = [call for call in test.decorator_list if isinstance(call, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) == f"pytest.mark.{mark}"]


def _cases(test: ast.FunctionDef, named: dict[str, ast.expr]) -> list[str]:
    """Name the cases of a test: all combinations, the topmost `parametrize` first."""
    groups = [_ids(call, named) for call in _marks(test, "parametrize")]
    return [", ".join(words) for words in itertools.product(*groups)] if groups else []


def _ids(call: ast.Call, named: dict[str, ast.expr]) -> list[str]:
    ids = next((word.value for word in call.keywords if word.arg == "ids"), None)
    listed = ids if isinstance(ids, ast.List | ast.Tuple | ast.Name) else call.args[1]
    if isinstance(listed, ast.Name):
        listed = named[listed.id]
    if isinstance(listed, ast.Dict):
        return [str(ast.literal_eval(key)) for key in listed.keys if key is not None]
    assert isinstance(listed, ast.List | ast.Tuple), ast.unparse(call)
    return [_id(case) for case in listed.elts]


def _id(case: ast.expr) -> str:
    if isinstance(case, ast.Call):  # pytest.param
        words = {word.arg: word.value for word in case.keywords}
        return str(ast.literal_eval(words["id"])) if "id" in words else _id(case.args[0])
    if isinstance(case, ast.Name):
        return case.id.strip("_").replace("_", " ")
    if isinstance(case, ast.Tuple):
        return _id(case.elts[0])
    return str(ast.literal_eval(case))


if __name__ == "__main__":
    print(table(rows()))
