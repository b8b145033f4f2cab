"""The menu of the documentation: every page once, in the group of its task."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def menu() -> list[str]:
    trees = re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text(), re.DOTALL)
    lines = [line.strip() for tree in trees for line in tree.splitlines()]
    return [line for line in lines if line and not line.startswith(":")]


def test_no_page_stands_twice_in_the_menu() -> None:
    assert [page for page, times in Counter(menu()).items() if times > 1] == []


def test_the_menu_lists_every_page_and_nothing_else() -> None:
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")}

    assert set(menu()) == {page for page in pages if not page.startswith("_")} - {"index"}


def test_no_other_page_has_a_menu() -> None:
    others = [page for page in DOCS.rglob("*.md") if page != DOCS / "index.md"]

    assert [page.name for page in others if "{toctree}" in page.read_text()] == []


def test_the_pictures_that_pages_show_are_there() -> None:
    shown = [
        (page, target)
        for page in DOCS.rglob("*.md")
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text())
    ]

    assert [str(target) for page, target in shown if not (page.parent / target).is_file()] == []
    assert len(shown) > 20


@pytest.mark.parametrize("page", ["index", "quickstart"])
def test_the_code_of_the_first_pages_fits_a_narrow_screen(page: str) -> None:
    blocks = re.findall(r"```(?:sh|python)\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL)

    lines = [line for block in blocks for line in block.splitlines()]

    assert len(lines) > 5
    # 400 px hold 53 characters in the type of `_static/code.css`
    assert [line for line in lines if len(line) > 53] == []
