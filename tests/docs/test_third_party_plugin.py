"""A stranger's package: built into a wheel, installed into a folder, driven from the command line."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dynode.scaffold import new_plugin
from dynode.testing import tiny_generator, write_tiny_generator

from .conftest import ROOT

COMMAND = "from dynode.cli import main; main()"


def python(arguments: Sequence[str | Path], *, path: Path | None = None, cwd: Path) -> str:
    """Run Python as a user would, with a folder of installed packages; give its stdout."""
    paths = [str(path)] if path else []
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([*paths, *filter(None, sys.path)]),
            "DYNODE_LOAD_PLUGINS": "brighten",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        },
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def installed(package: Path, tmp_path: Path) -> Path:
    """Build a wheel without a network and install it into an empty folder."""
    if any(importlib.util.find_spec(name) is None for name in ("hatchling", "pip")):
        pytest.skip("building needs pip and hatchling in the environment")
    wheels, target = tmp_path / "wheels", tmp_path / "target"
    build = ["wheel", "-q", "--no-deps", "--no-build-isolation", "-w", wheels, package]
    python(["-m", "pip", *build], cwd=tmp_path)
    (wheel,) = wheels.iterdir()
    python(["-m", "pip", "install", "-q", "--no-deps", "-t", target, wheel], cwd=tmp_path)
    return target


@pytest.mark.parametrize("origin", ["example", "template"])
def test_a_package_is_built_installed_and_driven_from_the_command_line(
    origin: str, tmp_path: Path
) -> None:
    if origin == "example":
        package = tmp_path / "dynode-brighten"
        shutil.copytree(ROOT / "examples" / "third_party_plugin", package)
    else:
        package = new_plugin("brighten", folder=tmp_path)
    generator = write_tiny_generator(
        tmp_path / "tiny.safetensors", tiny_generator(16, w_dim=32, channels=8)
    )

    target = installed(package, tmp_path)
    edit = ["edit", "--plugin", "brighten", "--generator", generator, "-o", "b.png", "--json"]
    told = python(["-c", COMMAND, *edit], path=target, cwd=tmp_path)

    assert sorted(path.name for path in target.glob("*.py")) == ["dynode_brighten.py"]
    assert json.loads(told)["directions"][0]["name"] == "brighten"
    assert (tmp_path / "b.png").stat().st_size > 0
