"""Tab offers the names that are there, and files where a file may stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from dynode.cli.root import _root

pytestmark = pytest.mark.installed_plugins


def offered(*words: str) -> dict[str, str]:
    *before, incomplete = words
    shell = ShellComplete(_root, {}, "dynode", "_DYNODE_COMPLETE")
    return {item.value: item.type for item in shell.get_completions(before, incomplete)}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["edit", "--plugin", "style"], "styleclip"),
        (["edit", "--inverter", "fac"], "facets-encoder"),
        (["edit", "--face-detector", "dl"], "dlib"),
        (["find", "inter"], "interfacegan"),
        (["invert", "a.png", "--inverter", ""], "e4e"),
    ],
)
def test_names_that_are_there_are_offered(words: list[str], name: str) -> None:
    found = offered(*words)

    assert found[name] == "plain"
    assert all(each.startswith(words[-1]) for each in found)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["edit", "--direction", "sm"], "smile"),
        (["edit", "--generator", "fac"], "facets-128"),
        (["directions", "show", "gl"], "glasses"),
        (["animate", "--direction", "ya"], "yaw"),
        (["walk", "--direction", "ya"], "yaw"),
    ],
)
def test_files_may_stand_where_names_do(words: list[str], name: str) -> None:
    found = offered(*words)

    assert list(found)[0] == words[-1]
    assert found[words[-1]] == "file"
    assert name in found


@pytest.mark.slow
def test_the_command_completes_in_bash() -> None:
    asked = {
        "_DYNODE_COMPLETE": "bash_complete",
        "COMP_WORDS": "dynode edit --plugin s",
        "COMP_CWORD": "3",
    }
    told = subprocess.run(
        [str(Path(sys.executable).with_name("dynode"))],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert "plain,styleclip\n" in told
