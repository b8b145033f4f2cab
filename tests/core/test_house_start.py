"""What starting dynode costs, and that it starts with any one plugin missing."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PLUGINS: dict[str, str] = PROJECT["project"]["entry-points"]["dynode"]
# Hooks and what other plugins are built with in one package: without it those say what they miss.
LIBRARIES = {"dynode_adversarial"}

IMPORT_BUDGET_S = 0.3  # of processor time
# Of processor time for all of `dynode --help`, interpreter included: 0.45 s on a core of its own, and
# half as much again where two tests share one.
HELP_BUDGET_S = 0.7
RUNS = 3

# Makes one package impossible to import, then runs the command with the remaining arguments.
WITHOUT_PACKAGE = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

package = sys.argv.pop(1)
sys.meta_path.insert(0, Blocker())
from dynode.cli import main
main()
"""


@functools.cache
def metadata_of_the_checkout() -> tempfile.TemporaryDirectory[str]:
    """A folder that declares the entry points of this checkout, whatever was installed before."""
    folder = tempfile.TemporaryDirectory()
    info = Path(folder.name) / "dynode_gan-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dynode-gan\nVersion: 0\n")
    lines = [f"{name} = {module}\n" for name, module in PLUGINS.items()]
    (info / "entry_points.txt").write_text("".join(["[dynode]\n", *lines]))
    return folder


def run_python(code: str, *arguments: str) -> str:
    """Standard output of a new interpreter that sees every plugin; fails the test if it fails."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    environment.pop("DYNODE_LOAD_PLUGINS", None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages have their bytecode
    paths = [metadata_of_the_checkout().name, environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("package", sorted({value.split(".")[0] for value in PLUGINS.values()}))
def test_help_works_without_any_one_plugin(package: str) -> None:
    output = run_python(WITHOUT_PACKAGE, package, "--help")

    assert "Usage: " in output


@pytest.mark.parametrize("missing", sorted(PLUGINS))
def test_a_missing_plugin_is_reported_and_stops_no_other(missing: str) -> None:
    package = PLUGINS[missing].split(".")[0]

    output = run_python(WITHOUT_PACKAGE, package, "plugins", "--json")

    errors = {plugin["name"]: plugin["error"] for plugin in json.loads(output)["plugins"]}
    assert package in errors.pop(missing)
    assert set(errors) >= set(PLUGINS) - {missing}
    stopped = {name for name, error in errors.items() if error}
    assert all(package in errors[name] for name in stopped)
    assert not stopped or package in LIBRARIES  # what others are built with


@pytest.mark.parametrize(
    "start",
    ["import dynode", "import dynode.cli, dynode.plugins; dynode.plugins.registry()"],
    ids=["the package", "the command line and every plugin"],
)
def test_starting_does_not_import_torch(start: str) -> None:
    heavy = run_python(
        f"import sys; {start}; print({{'torch', 'numpy', 'scipy', 'PIL', 'requests'}} & set(sys.modules))",
    )

    assert heavy.strip() == "set()"


def test_listing_the_plugins_makes_no_options_of_theirs() -> None:
    options = {
        "dynode_navigan.options",
        "dynode_metrics.options",
        "dynode_stylegan_v.video_options",
    }

    loaded = run_python(
        "import sys\nfrom dynode.cli import run\nassert run(['plugins', 'list']) == 0\n"
        "heavy = {'torch', 'numpy', 'PIL', 'dynode_encoders.training', 'dynode.models.known'}\n"
        f"print((heavy | {options!r}) & set(sys.modules))",
    )

    assert loaded.splitlines()[-1] == "set()"
    assert "styleclip" in loaded


def test_importing_the_package_costs_little_beside_torch() -> None:
    # It imports no torch (the test above), so all of it is beside torch.
    code = "import time; start = time.process_time(); import dynode; print(time.process_time() - start)"

    costs = [float(run_python(code)) for _ in range(RUNS)]

    assert min(costs) <= IMPORT_BUDGET_S


def test_help_answers_at_once() -> None:
    resource = pytest.importorskip("resource", reason="processor time of children: POSIX only")
    costs = []

    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run_python("from dynode.cli import main; main()", "--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(costs) <= HELP_BUDGET_S  # what else runs on the machine only adds to it
