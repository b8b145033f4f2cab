"""The walk of a stranger: of every kind of plugin, scaffold it, install it, check it, use it.

    python benchmarks/strangers_walk.py -o benchmarks/results/strangers-walk.md

Every package goes into a folder of its own, as `pip install --target` makes it, and is used by the
commands that its README says, on the bundled world. Seconds of the wall clock, of one run; a step that
fails is told with the last line that it said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dynode.scaffold import KINDS, new_plugin

STEPS = ("scaffold", "install", "check", "use")
_LIMIT_S = 600
# The command without the script that an environment's installation makes.
_DYNODE = f'"{sys.executable}" -c "from dynode_start import main; main()"'


def main() -> None:
    """Walk, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS)
    given = parser.parse_args()
    begun = time.perf_counter()
    rows = []
    for kind in given.kinds:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(row(kind, walk(kind, Path(folder))))
        print(rows[-1], flush=True)
        if given.output:  # after every row: a walk that is stopped leaves those it made
            table = report(rows, time.perf_counter() - begun)
            given.output.write_text(table, encoding="utf-8")


def walk(kind: str, folder: Path) -> dict[str, tuple[float, str]]:
    """Do the four steps; each has its seconds and, where it failed, the last line of what was said."""
    name = f"my-{kind}"
    begun = time.perf_counter()
    package = new_plugin(name, kind=kind, folder=folder)
    found = {"scaffold": (time.perf_counter() - begun, "")}
    pip = f'"{sys.executable}" -m pip install -q --disable-pip-version-check --no-deps'
    lines = {
        "install": [f"{pip} --target packages ./{package.name}"],
        "check": [f"{_DYNODE} plugins check {name}"],
        "use": uses(package),
    }
    for step, commands in lines.items():
        begun = time.perf_counter()
        failure = next((told for c in commands if (told := failed(c, folder))), "")
        found[step] = (time.perf_counter() - begun, failure)
        if failure:
            break
    return found


def uses(package: Path) -> list[str]:
    """Read the commands of the README's first block that come after installing and checking."""
    block = (package / "README.md").read_text(encoding="utf-8").split("```sh\n")[1]
    lines = block.split("```")[0].strip().splitlines()[2:]
    python = f'"{sys.executable}" -c'
    return [
        line.replace("python -c", python, 1).replace("dynode ", f"{_DYNODE} ", 1)
        if line.startswith(("python", "dynode"))
        else line
        for line in lines
    ]


def failed(command: str, folder: Path) -> str:
    """Run a command; return the last line of what it said if it failed."""
    path = os.pathsep.join([str(folder / "packages"), *filter(None, sys.path[1:])])
    try:
        ran = subprocess.run(
            command,
            shell=True,
            check=False,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path, "DYNODE_CACHE": str(folder / "cache")},
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


def report(rows: list[str], seconds: float) -> str:
    """Write the page."""
    command = "python benchmarks/strangers_walk.py"
    head = ["| kind | " + " | ".join(STEPS) + " |", "|---|" + "---|" * len(STEPS)]
    return "\n".join(
        [
            "# A stranger's walk\n",
            f"`{command}`: every kind of plugin is scaffolded, installed, checked and used by the",
            f"commands of its own README, in {seconds / 60:.1f} minutes, one after the other.\n",
            *head,
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
