"""The command starts as quickly with fifty plugins as with five, and loads only what it is told to."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from .conftest import Site, method

HELP = "from dynode.cli import run; raise SystemExit(run(['--help']))"
MOST_S_PER_PLUGIN = 0.010
"""Two to four milliseconds were measured, most of it Python reading the plugin's own file; reading
the index of installed distributions again for each plugin costs some twenty."""
REPETITIONS = 5


def start_up_s(names: list[str]) -> float:
    """Seconds of computing for `dynode --help`; waiting is not counted."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "DYNODE_LOAD_PLUGINS": ",".join(names),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", HELP], env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
def test_fifty_plugins_start_almost_as_quickly_as_five(site: Site) -> None:
    names = [f"method{index:02}" for index in range(50)]
    for name in names:
        site.install(name, method(name))

    runs = [(start_up_s(names[:5]), start_up_s(names)) for _ in range(REPETITIONS)]

    five, fifty = (min(seconds) for seconds in zip(*runs, strict=True))
    assert (fifty - five) / 45 <= MOST_S_PER_PLUGIN, f"{five:.3f} s, with 45 more {fifty:.3f} s"


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
