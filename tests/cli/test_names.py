"""Names that are taken: another distribution `dynode`, built-in modules carried by others, plugins."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import dynode_start
from dynode.errors import OptionError
from dynode.pipeline import health
from dynode.plugins import GROUP, Registry
from dynode.plugins.entry_points import installed, own_modules
from dynode.scaffold import new_plugin

ROOT = Path(__file__).parents[2]
START = "import sys; import dynode_start; sys.argv = ['dynode', '--version']; dynode_start.main()"


def run_beside(folder: Path) -> subprocess.CompletedProcess[str]:
    """Start the command where another folder comes first."""
    code = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(ROOT)!r}]; {START}"
    return subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False
    )


@pytest.fixture
def neighbour(tmp_path: Path) -> Path:
    """The other distribution, as installers leave it."""
    (tmp_path / "dynode").mkdir()
    (tmp_path / "dynode" / "__init__.py").write_text('"""Dynamical systems."""\nimport nothing\n')
    facts = tmp_path / "dynode-0.1.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: dynode\nVersion: 0.1.1\n")
    return tmp_path


def test_the_command_says_which_two_share_the_folder_and_what_to_type(neighbour: Path) -> None:
    done = run_beside(neighbour)

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "'dynode-gan'" in line and "'dynode 0.1.1'" in line and str(neighbour) in line
    assert "pip uninstall dynode, then pip install --force-reinstall --no-deps dynode-gan" in line


def test_what_the_other_leaves_when_it_is_uninstalled_is_told(neighbour: Path) -> None:
    (neighbour / "dynode" / "__init__.py").unlink()
    code = "import sys; sys.path = [p for p in sys.path if 'dynode' not in p]; sys.path[:0] = "
    code += f"[{str(neighbour)!r}]; sys.path.append({str(ROOT / 'nowhere')!r}); "
    code += f"exec(open({str(ROOT / 'dynode_start.py')!r}).read().replace('__main__', '')); main()"

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "has lost its __init__.py" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_our_own_package_is_started() -> None:
    done = run_beside(ROOT)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("dynode")


def test_the_start_imports_nothing_of_the_package() -> None:
    code = "import sys, dynode_start; dynode_start.folder_trouble(); print('dynode' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)

    assert done.stdout.strip() == "False", done.stderr


def test_the_doctor_names_the_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynode_start, "other_distribution", lambda: "dynode 0.1.1")

    found = {finding.name: finding for finding in health.check()}

    assert not found["distributions"].ok
    assert "'dynode 0.1.1'" in found["distributions"].found
    assert "pip uninstall dynode" in found["distributions"].advice


def test_a_stranger_with_a_module_name_of_ours_is_reported() -> None:
    thief = metadata.EntryPoint("thief", "dynode_sefa.plugin", GROUP)
    registry = Registry()

    registry.load_entry_points([thief], taken={"dynode_sefa"})

    (report,) = registry.reports
    assert "names the module dynode_sefa, which belongs to dynode-gan" in report.error
    assert not report.provides


def test_our_own_modules_are_those_of_our_entry_points() -> None:
    assert {"dynode_sefa", "dynode_facets"} <= own_modules(installed()[0])


@pytest.mark.parametrize("name", ["sefa", "edit", "facets-128", "styleclip-mapper", "os-path-x"])
@pytest.mark.installed_plugins
def test_a_new_plugin_takes_no_name_that_exists(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("dynode_" + name.replace("-", "_")) is None and name == "os-path-x":
        assert new_plugin(name, folder=tmp_path).is_dir()
        return

    with pytest.raises(OptionError, match=f"{name!r} exists already"):
        new_plugin(name, folder=tmp_path)

    assert list(tmp_path.iterdir()) == []
