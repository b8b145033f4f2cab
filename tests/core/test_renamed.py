"""Packages that left the core are found by their old names, which warn."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import dynode
import dynode_encoders.reading
from dynode.renamed import RENAMED


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if ".".join(one.split(".")[:2]) in RENAMED]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_name_is_the_new_module_and_says_so(old: str) -> None:
    new = importlib.import_module(RENAMED[old])
    spec = new.__spec__

    with pytest.warns(DeprecationWarning, match=f"{old} is {RENAMED[old]} since dynode 0.2"):
        found = importlib.import_module(old)

    assert found is new
    assert new.__spec__ is spec


def test_a_folder_that_was_left_behind_is_not_taken_for_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout that is brought up to date keeps folders with compiled files in them."""
    (tmp_path / "encoders" / "__pycache__").mkdir(parents=True)
    monkeypatch.setattr(dynode, "__path__", [*dynode.__path__, str(tmp_path)])

    with pytest.warns(DeprecationWarning):
        found = importlib.import_module("dynode.encoders")

    assert found.__name__ == "dynode_encoders"


def test_modules_inside_are_found_too() -> None:
    with pytest.warns(DeprecationWarning):
        from dynode.encoders.reading import read_encoder

    assert read_encoder is dynode_encoders.reading.read_encoder


def test_others_are_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match="dynode.nothing"):
        importlib.import_module("dynode.nothing")
    with pytest.raises(ModuleNotFoundError), pytest.warns(DeprecationWarning):
        importlib.import_module("dynode.encoders.nothing")
