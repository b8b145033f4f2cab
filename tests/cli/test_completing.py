"""Tab offers the names that are there, and files where a file may stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from dynode.cli.root import _root
from dynode.testing import write_tiny_generator

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
        (["plugins", "check", "se"], "sefa"),
        (["edit", "--plugin", "sefa", "--scorer", "fac"], "facets-scorer"),
        (["edit", "--plugin", "sefa", "--attribute", "sm"], "smile"),
        (["edit", "--plugin", "styleclip", "--clip", "fac"], "facets-clip"),
        (["edit", "--plugin", "hessian", "--solver", "l"], "lanczos"),
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


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["edit", "--plugin", "svd", "--layer", "b8"], "b8.conv0"),
        (["find", "styleclip-global", "--layers", "b8.conv1,b16.t"], "b8.conv1,b16.torgb"),
    ],
    ids=["of weights", "of styles, by commas"],
)
def test_layers_of_the_generator_of_the_line_are_offered(
    words: list[str], name: str, tmp_path: Path
) -> None:
    generator = str(write_tiny_generator(tmp_path / "tiny.safetensors"))

    assert name in offered(*words[:-2], "--generator", generator, *words[-2:])


def test_no_layers_are_offered_where_the_generator_cannot_be_loaded() -> None:
    asked = ["edit", "--plugin", "svd", "--generator", "absent.pkl", "--layer", ""]

    assert offered(*asked) == {}


def test_the_name_of_an_unknown_method_is_no_error_before_the_line_is_done() -> None:
    assert "--seed" in offered("edit", "--plugin", "nope", "--se")


def test_files_are_offered_for_files_of_a_method() -> None:
    assert offered("edit", "--plugin", "styleclip", "--clip-weights", "w") == {"w": "file"}


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
