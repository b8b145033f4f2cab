"""`dynode plugins new` writes packages that work, and refuses names that cannot."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import dynode
from dynode import scaffold
from dynode.errors import OptionError, OutputExistsError
from dynode.scaffold import KINDS, new_plugin
from dynode.testing import run_command


@pytest.mark.slow
def test_new_packages_of_every_kind_pass_their_own_tests(tmp_path: Path) -> None:
    packages = [new_plugin(f"my-{kind}", kind=kind, folder=tmp_path) for kind in KINDS]

    # One process for all, since each would import torch anew.
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"),
            *("-p", "dynode.testing.fixtures", "--import-mode=importlib", "--rootdir", tmp_path),
            *(package / "tests" for package in packages),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([*map(str, packages), *filter(None, sys.path)])},
    )

    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout
    skipped = [line for line in ran.stdout.splitlines() if line.startswith("SKIPPED")]
    reasons = ("one direction for all pictures", "noise says that it has n")  # what does not apply
    assert [line for line in skipped if not any(reason in line for reason in reasons)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_package_is_complete(kind: str, tmp_path: Path) -> None:
    package = new_plugin("brighten", kind=kind, folder=tmp_path)

    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    modules = {f"dynode_brighten_{end}.py" for end in scaffold.kinds.KINDS[kind].modules}
    assert files == modules | {
        ".github/workflows/test.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "dynode_brighten.py",
        "pyproject.toml",
        "tests/test_brighten.py",
    }
    workflow = (package / ".github/workflows/test.yml").read_text()
    assert "python-version: ${{ matrix.python }}" in workflow
    assert project["entry-points"]["dynode"] == {"brighten": "dynode_brighten"}
    assert "$" not in "".join(
        (package / name).read_text() for name in files if "workflows" not in name
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_package_is_formatted_and_passes_the_linter(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    package = new_plugin("brighten", kind=kind, folder=tmp_path)
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["check", "--no-cache", "--select", "E,F,W,I,UP,B,SIM", "."]

    checked = subprocess.run([*ruff, *rules], cwd=package, capture_output=True, text=True)
    formatted = subprocess.run(
        [*ruff, "format", "--no-cache", "--check", "."],
        cwd=package,
        capture_output=True,
        text=True,
    )

    assert checked.returncode == 0, checked.stdout
    assert formatted.returncode == 0, formatted.stdout


@pytest.mark.installed_plugins
@pytest.mark.parametrize("kind", ["direction-kind", "format"])
def test_the_files_that_a_readme_makes_fit_the_bundled_generator(kind: str, tmp_path: Path) -> None:
    package = new_plugin("brighten", kind=kind, folder=tmp_path)
    readme = (package / "README.md").read_text(encoding="utf-8")
    (line,) = [each for each in readme.splitlines() if each.startswith("python -c ")]

    subprocess.run(
        [sys.executable, *shlex.split(line)[1:]],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(package), *filter(None, sys.path)])},
    )

    (made,) = (file for file in tmp_path.iterdir() if file.is_file())
    tensors = load_file(made) if made.suffix == ".safetensors" else torch.load(made)
    width = dynode.load_generator().info.w_dim
    assert {tensor.shape[-1] for tensor in tensors.values()} == {width}


@pytest.mark.parametrize("name", ["Brighten", "", "1st", "a b", "a--b", "a_b", "../up", "a-"])
def test_a_name_nobody_could_type_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="such as brighten"):
        new_plugin(name, folder=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_leading_dynode_is_left_out(tmp_path: Path) -> None:
    assert new_plugin("dynode-brighten", folder=tmp_path).name == "dynode-brighten"
    assert (tmp_path / "dynode-brighten" / "dynode_brighten.py").is_file()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    new_plugin("brighten", folder=tmp_path)

    with pytest.raises(OutputExistsError, match="exists already"):
        new_plugin("brighten", folder=tmp_path)


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        OptionError, match="--kind is 'colour'; expected one of direction, inverter"
    ):
        new_plugin("brighten", kind="colour", folder=tmp_path)


def test_the_command_prints_the_folder_and_what_to_do_next(tmp_path: Path) -> None:
    result = run_command(["plugins", "new", "brighten", "-o", tmp_path])

    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "dynode-brighten")
    assert "pip install ./dynode-brighten" in result.stderr
