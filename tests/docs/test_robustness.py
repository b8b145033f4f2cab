"""The table of what people send is read from the marked tests."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from .conftest import ROOT

TESTS = """
import pytest

MADE = {"by key": 1, "by another": 2}

@pytest.mark.robust(kind="A", member="one alone")
def test_one(): ...

@pytest.mark.robust(kind="B")
@pytest.mark.parametrize("x", [pytest.param(1, id="named"), pytest.param("a word")])
def test_params(x): ...

@pytest.mark.robust(kind="B")
@pytest.mark.parametrize("x", [1, 2], ids=["first", "second"])
def test_ids(x): ...

@pytest.mark.robust(kind="G")
@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize(("make_it", "said"), [(_cut_off, "x")])
def test_combined(make, make_it, said): ...

@pytest.mark.parametrize("x", [1])
def test_unmarked(x): ...
"""


@pytest.fixture(scope="module")
def robustness() -> ModuleType:
    spec = importlib.util.spec_from_file_location("robustness", ROOT / "docs" / "robustness.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["robustness"] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


def test_members_are_read_however_cases_are_named(tmp_path, robustness) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)

    found = [(row.kind, row.member) for row in robustness.rows(tmp_path / "tests")]

    assert found == [
        ("A", "one alone"),
        ("B", "named"),
        ("B", "a word"),
        ("B", "first"),
        ("B", "second"),
        ("G", "by key, cut off"),
        ("G", "by another, cut off"),
    ]


@pytest.mark.parametrize(
    "mark", ['@pytest.mark.robust(kind="A")', '@pytest.mark.robust(kind="?", member="x")']
)
def test_a_mark_without_members_or_of_no_kind_is_told(tmp_path, robustness, mark) -> None:
    (tmp_path / "test_it.py").write_text(f"import pytest\n{mark}\ndef test_one(): ...\n")

    with pytest.raises(ValueError, match=r"test_it\.py::test_one"):
        robustness.rows(tmp_path)


def test_the_page_holds_every_marked_test(robustness) -> None:
    found = robustness.rows()

    written = robustness.table(found)

    assert found
    assert all(f"`{row.test}`" in written for row in found)
    assert "%robustness%" in (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
