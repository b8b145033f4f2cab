"""The walk of a stranger: of every kind of plugin, scaffold it, install it, check it, use it.

    python benchmarks/strangers_walk.py -o benchmarks/results/strangers-walk.md

Everything happens in a new virtual environment, into which this checkout is installed as the README says.
There each kind is written by `dynode plugins new` and then taken through the first block of its own
README, line by line as it stands: installed, checked, used. After that it is uninstalled. Seconds of the wall
clock, of one run; a step that fails is told with the last line that it said. `--packages FOLDER` shows the
new environment a folder of installed packages, so that torch need not be downloaded; what dynode needs and
is not there is installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from dynode.scaffold import KINDS

ROOT = Path(__file__).parents[1]
STEPS = ("scaffold", "install", "check", "use")
_LIMIT_S = 900


def main() -> None:
    """Walk, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS)
    parser.add_argument("--packages", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    begun = time.perf_counter()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        scripts, made_s = environment(Path(folder) / "env", given.packages)
        print(f"environment: {made_s:.0f} s", flush=True)
        for kind in given.kinds:
            place = Path(folder) / kind
            place.mkdir()
            rows.append(row(kind, walk(kind, place, scripts)))
            print(rows[-1], flush=True)
            if given.output:  # after every row: a walk that is stopped leaves those it made
                table = report(rows, made_s, time.perf_counter() - begun)
                given.output.write_text(table, encoding="utf-8")
    if any("FAILED" in told for told in rows):
        sys.exit(1)


def environment(folder: Path, packages: list[Path]) -> tuple[Path, float]:
    """Make an environment with dynode in it; return the folder of its commands, and the seconds."""
    begun = time.perf_counter()
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    if packages:
        (site,) = folder.glob("[Ll]ib/**/site-packages")
        lines = "".join(f"{each.resolve()}\n" for each in packages)
        (site / "zz_packages.pth").write_text(lines, encoding="utf-8")
    failure = failed("pip install -q --disable-pip-version-check .", ROOT, scripts, folder)
    if failure:
        sys.exit(failure)
    return scripts, time.perf_counter() - begun


def walk(kind: str, folder: Path, scripts: Path) -> dict[str, tuple[float, str]]:
    """Do the four steps; each has its seconds and, where it failed, the last line of what was said."""
    name = f"my-{kind}"
    found: dict[str, tuple[float, str]] = {}
    for step in STEPS:
        commands = (
            [f"dynode plugins new {name} --kind {kind}"]
            if step == "scaffold"
            else lines_of(folder / f"dynode-{name}")[step]
        )
        begun = time.perf_counter()
        failure = next((told for c in commands if (told := failed(c, folder, scripts, folder))), "")
        found[step] = (time.perf_counter() - begun, failure)
        if failure:
            break
    failed(f"pip uninstall -q -y dynode-{name}", folder, scripts, folder)
    return found


def lines_of(package: Path) -> dict[str, list[str]]:
    """Read the lines of the README's first block: the first installs, the second checks, others use."""
    block = (package / "README.md").read_text(encoding="utf-8").split("```sh\n")[1]
    install, check, *use = block.split("```")[0].strip().splitlines()
    return {"install": [install], "check": [check], "use": use}


def failed(command: str, place: Path, scripts: Path, cache: Path) -> str:
    """Run a command in a folder; return the last line of what it said if it failed."""
    path = os.pathsep.join([str(scripts), os.environ["PATH"]])
    given = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        ran = subprocess.run(
            command,
            shell=True,
            check=False,
            cwd=place,
            env=given | {"PATH": path, "DYNODE_CACHE": str(cache / "cache")},
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return f"{command}: not done in {_LIMIT_S} s"
    told = [*(ran.stdout + ran.stderr).strip().splitlines(), f"exit code {ran.returncode}"]
    return "" if ran.returncode == 0 else f"{command}: {told[-2 if len(told) > 1 else -1]}"


def row(kind: str, found: dict[str, tuple[float, str]]) -> str:
    """Write one row of the table."""
    cells = []
    for step in STEPS:
        seconds, failure = found.get(step, (0.0, "not reached"))
        cells.append(f"FAILED: {failure}" if failure else f"ok, {seconds:.1f} s")
    return f"| {kind} | " + " | ".join(cells) + " |"


def report(rows: list[str], made_s: float, seconds: float) -> str:
    """Write the page."""
    command = "python benchmarks/strangers_walk.py"
    head = ["| kind | " + " | ".join(STEPS) + " |", "|---|" + "---|" * len(STEPS)]
    return "\n".join(
        [
            "# A stranger's walk\n",
            f"`{command}`: in a new virtual environment, every kind of plugin is scaffolded,",
            f"installed, checked and used by the commands of its own README: {seconds / 60:.1f} minutes for",
            f"{len(rows)} kinds one after the other, {made_s / 60:.1f} of them for the environment.\n",
            *head,
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
