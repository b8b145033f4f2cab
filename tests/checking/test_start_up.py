"""The command starts as quickly with fifty plugins as with five, and loads only what it is told to."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from .conftest import Site, method

HELP = "from dynode.cli import run; raise SystemExit(run(['--help']))"
MOST = 1.5
REPETITIONS = 3


def start_up_s(names: list[str]) -> float:
    """Seconds of computing for `dynode --help`, the least of a few runs; waiting is not counted."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "DYNODE_LOAD_PLUGINS": ",".join(names),
    }
    seconds = []
    for _ in range(REPETITIONS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", HELP], env=environment, check=True, capture_output=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


@pytest.mark.slow
def test_fifty_plugins_start_almost_as_quickly_as_five(site: Site) -> None:
    names = [f"method{index:02}" for index in range(50)]
    for name in names:
        site.install(name, method(name))

    five, fifty = start_up_s(names[:5]), start_up_s(names)

    assert fifty <= MOST * five, f"{fifty:.3f} s with fifty, {five:.3f} s with five"


@pytest.mark.parametrize(
    ("variable", "loaded"), [("", []), ("one,two", ["one", "two"])], ids=["none", "two"]
)
def test_the_variable_says_which_plugins_are_loaded(
    site: Site, monkeypatch: pytest.MonkeyPatch, variable: str, loaded: list[str]
) -> None:
    for name in ("one", "two", "three"):
        site.install(name, method(name))
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", variable)

    assert [report.name for report in site.load().reports] == loaded
