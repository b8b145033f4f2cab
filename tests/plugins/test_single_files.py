"""A file in the folder DYNODE_PLUGINS_DIR is a plugin."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynode import plugins
from dynode.errors import UsageError
from dynode.plugins.entry_points import single_files
from dynode.scaffold import new_plugin
from dynode.testing import run_command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(tmp_path))
    package = new_plugin("brighten", folder=tmp_path)
    (package / "dynode_brighten.py").rename(tmp_path / "brighten.py")
    (tmp_path / "broken_one.py").write_text("1 / 0\n")
    (tmp_path / "_notes.py").write_text("1 / 0\n")
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "brighten,broken-one")
    plugins.registry.cache_clear()
    yield tmp_path
    plugins.registry.cache_clear()


def test_a_file_registers_what_it_holds_and_a_broken_one_is_reported(folder: Path) -> None:
    found = plugins.registry()

    by_name = {report.name: report for report in found.reports}
    assert set(by_name) == {"brighten", "broken-one"}
    assert by_name["brighten"].provides == {"direction method": ("brighten",)}
    assert by_name["broken-one"].error == "ZeroDivisionError: division by zero"


def test_the_list_names_the_file(folder: Path) -> None:
    result = run_command(["plugins"])

    assert result.exit_code == 0, result.stderr
    assert "brighten  (one file)" in result.stdout


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(tmp_path / "absent"))

    with pytest.raises(UsageError, match="which is no folder; make it, or unset the variable"):
        single_files()


@pytest.fixture
def one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = new_plugin("brighten", folder=tmp_path)
    monkeypatch.setenv("DYNODE_PLUGIN_FILES", "")  # what the option sets is taken back
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")
    plugins.registry.cache_clear()
    yield package / "dynode_brighten.py"
    plugins.registry.cache_clear()


def test_a_file_is_loaded_for_one_command_whatever_else_is(one_file: Path) -> None:
    result = run_command(["--plugin-file", str(one_file), "plugins", "--json"])

    assert result.exit_code == 0, result.stderr
    (report,) = json.loads(result.stdout)["plugins"]
    assert report["name"] == "dynode-brighten"
    assert report["error"] == ""
    assert os.environ["DYNODE_PLUGIN_FILES"] == str(one_file)  # for what this process starts


@pytest.mark.parametrize("name", ["absent.py", "README.md"])
def test_a_plugin_file_that_is_none_is_told(one_file: Path, name: str) -> None:
    result = run_command(["--plugin-file", str(one_file.with_name(name)), "plugins"])

    assert result.exit_code == 2
    assert name in result.stderr
    assert "give a Python file whose hooks are marked" in result.stderr
    assert result.stderr.count("\n") == 1
