"""What authors begin with is clean for type checkers: scaffolds, the README and the Python page."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dynode.scaffold import KINDS, new_plugin

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT, *(ROOT / folder for folder in ("directions", "inverters", "plugins"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.slow  # a checker reads all of torch first


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with a package of every kind, and the blocks of both pages as modules."""
    for kind in KINDS:
        new_plugin(f"my-{kind}", kind=kind, folder=tmp_path)
    for page in ("README.md", "docs/python.md"):
        blocks = BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
        module = tmp_path / f"{Path(page).stem.lower()}_blocks.py"
        module.write_text("\n".join(blocks), encoding="utf-8")
    return tmp_path


def test_mypy_finds_nothing_in_strict_mode(written: Path) -> None:
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    paths = [*SOURCES, *written.glob("dynode-*")]
    files = [*written.glob("dynode-*/*.py"), *written.glob("dynode-*/tests/*.py")]

    checked = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "mypy",
                "--strict",
                "--config-file=",
                "--follow-imports=silent",
            ),
            *("--explicit-package-bases", "--cache-dir", written / "cache"),
            *(*files, *written.glob("*_blocks.py")),
        ],
        capture_output=True,
        text=True,
        cwd=written,
        env=os.environ | {"MYPYPATH": os.pathsep.join(map(str, paths))},
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"no issues found in {len(files) + 2} source files" in checked.stdout


def test_pyright_finds_nothing(written: Path) -> None:
    pyright = shutil.which("pyright") or shutil.which("basedpyright")
    if pyright is None:
        pytest.skip("pyright is not installed")
    settings = {
        "include": ["."],
        "extraPaths": [str(path) for path in (*SOURCES, *written.glob("dynode-*"))],
        "typeCheckingMode": "standard",
        "reportMissingModuleSource": False,
    }
    (written / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")

    checked = subprocess.run(
        [pyright, "--pythonpath", sys.executable, "--outputjson"],
        capture_output=True,
        text=True,
        cwd=written,
    )

    found = json.loads(checked.stdout)
    assert [told["message"] for told in found["generalDiagnostics"]] == []
    assert found["summary"]["filesAnalyzed"] == 2 + len([*written.glob("dynode-*/**/*.py")])
