"""Plugins come and go with the installer of the environment; what it runs is shown."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dynode.errors import PluginError
from dynode.plugins import install_command, installing
from dynode.testing import run_command


def test_pip_of_this_python_is_run() -> None:
    assert install_command("install", ["a", "./b"]) == [
        *(sys.executable, "-m", "pip", "install", "--", "a", "./b")
    ]
    assert install_command("uninstall", ["a"])[3:] == ["uninstall", "--yes", "--", "a"]


def test_uv_is_taken_where_pip_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(installing.shutil, "which", lambda name: f"/bin/{name}")

    command = install_command("install", ["a"])

    assert command == ["/bin/uv", "pip", "install", "--python", sys.executable, "--", "a"]
    monkeypatch.setattr(installing.shutil, "which", lambda name: None)
    with pytest.raises(PluginError, match="neither pip nor uv is there to install packages"):
        install_command("install", ["a"])


def report(name: str, error: str = "", **provides: list[str]) -> dict[str, object]:
    return {"name": name, "distribution": f"{name} 1.0", "error": error, "provides": provides}


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that were run: the list of plugins grows by two with an installation."""
    commands: list[list[str]] = []

    def run(command: list[str], **kwargs: Any) -> SimpleNamespace:
        commands.append(command)
        here = [report("old", inverter=["e"])]
        if len(commands) > 2:
            here += [report("new", inverter=["a", "b"]), report("bad", "it breaks")]
        listed = json.dumps({"plugins": here})
        return SimpleNamespace(returncode=int("absent" in command), stdout=listed, stderr="")

    monkeypatch.setattr(installing.subprocess, "run", run)
    return commands


def test_what_came_is_told_with_the_command(ran: list[list[str]]) -> None:
    result = run_command(["plugins", "install", "new"])

    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "bad (bad 1.0)  FAILED  it breaks",
        "new (new 1.0)  inverter: a, b",
    ]
    assert "-m pip install -- new" in result.stderr
    assert ran[1][1:] == ["-m", "pip", "install", "--", "new"]


def test_an_installer_that_fails_is_told_in_one_line(ran: list[list[str]]) -> None:
    result = run_command(["plugins", "install", "absent"])

    assert result.exit_code == 1
    assert "failed with exit code 1; what it said stands above" in result.stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_plugin_is_installed_used_and_uninstalled(tmp_path: Path) -> None:
    """In an environment of its own, which sees the packages of this one."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("building needs hatchling in the environment")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    python = tmp_path / "env" / "bin" / "python"
    (site,) = (tmp_path / "env" / "lib").glob("python3*/site-packages")
    (site / "around.pth").write_text("\n".join(path for path in sys.path if path))

    free = {name: value for name, value in os.environ.items() if name != "DYNODE_LOAD_PLUGINS"}

    def call(*arguments: str) -> str:
        # without a network: what builds it, and dynode itself, are there
        alone = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
        ended = subprocess.run(
            [str(python), "-m", "dynode", "plugins", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**free, **alone},
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    call("new", "shine")
    come = call("install", "--", "./dynode-shine")
    assert come == "shine (dynode-shine 0.1.0)  direction method: shine\n"
    assert "shine (dynode-shine 0.1.0)" in call("uninstall", "dynode-shine")
    assert "dynode-shine" not in call("list")
