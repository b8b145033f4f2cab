"""The directory of plugins is made of a file that is checked, and lists what ships."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from types import ModuleType

import pytest

from dynode import plugins

from .conftest import ROOT

VALID = {
    "name": '"soften"',
    "distribution": '"dynode-soften"',
    "summary": '"soften pictures"',
    "hooks": '["register_directions"]',
    "licence": '"MIT"',
    "source": '"https://example.org/soften"',
    "requires": '">=0.2,<0.3"',
}


@pytest.fixture(scope="module")
def directory() -> ModuleType:
    spec = importlib.util.spec_from_file_location("directory", ROOT / "docs" / "directory.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["directory"] = module  # where dataclasses look for what annotations mean
    spec.loader.exec_module(module)
    return module


def written(tmp_path, *tables):
    file = tmp_path / "directory.toml"
    lines = ["[[plugin]]\n" + "".join(f"{k} = {v}\n" for k, v in table.items()) for table in tables]
    file.write_text("".join(lines), encoding="utf-8")
    return file


def test_the_file_is_valid_and_all_of_it_is_in_the_table(directory) -> None:
    entries = directory.read()

    table = directory.published(entries)

    assert len(entries) >= 2
    assert all(f"[{entry.distribution}](" in table for entry in entries)


def test_the_folders_of_the_repository_are_the_distributions_they_say(directory) -> None:
    for entry in directory.read():
        if not entry.source.startswith("https://"):
            text = (ROOT / entry.source / "pyproject.toml").read_text(encoding="utf-8")
            project = tomllib.loads(text)["project"]
            assert (project["name"], project["license"]) == (entry.distribution, entry.licence)
            assert entry.name in project["entry-points"]["dynode"]


@pytest.mark.parametrize(
    "field, value, told",
    [
        ("name", '"Soften"', "name 'Soften' is not lower-case"),
        ("name", '"sefa"', "dynode-gan has a plugin of that name"),
        ("distribution", '"dynode soften"', "cannot be installed by that name"),
        ("summary", '"Softens."', "without a full stop"),
        ("hooks", '["register_colours"]', "are not some of register_directions"),
        ("hooks", "[]", "are not some of"),
        ("licence", '"free to use"', "is no SPDX expression"),
        ("source", '"http://example.org"', "neither https:// nor a folder"),
        ("requires", '"0.2"', "is no range of versions"),
        ("requires", '""', "is no range of versions"),
        ("colour", '"red"', "not there or unknown: colour"),
    ],
    ids=lambda value: value.strip('"[]') or "empty",
)
def test_what_cannot_be_listed_is_told(directory, tmp_path, field, value, told) -> None:
    assert len(directory.read(written(tmp_path, VALID))) == 1

    with pytest.raises(ValueError) as error:
        directory.read(written(tmp_path, VALID | {field: value}))

    assert told in str(error.value)


def test_a_name_that_another_entry_has_is_told(directory, tmp_path) -> None:
    with pytest.raises(ValueError, match="dynode-soften has a plugin of that name"):
        directory.read(written(tmp_path, VALID, VALID | {"distribution": '"soft"'}))


@pytest.mark.installed_plugins
def test_everything_that_ships_is_listed_with_what_it_brings(directory) -> None:
    provided = {
        r.name: r.provides for r in plugins.registry().reports if "dynode-gan" in r.distribution
    }

    table = directory.bundled(provided)

    assert "| sefa | direction method: sefa" in table
    assert table.count("\n") == 2 + len(provided) >= 20
