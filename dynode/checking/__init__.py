"""Check an installed plugin: every promise of everything it registers, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynode.checking.finding import Candidate

_POLL_S = 0.05


@dataclass(frozen=True)
class Result:
    """What became of one check.

    Attributes:
        hook: Hook that was called, or would have been.
        name: Name of the registered thing; of the plugin while it is loaded.
        check: Id of the check.
        status: `passed`, `failed`, `expected`, `skipped`.
        message: What was found, or the reason.
        remedy: What to do about a failure.
    """

    hook: str
    name: str
    check: str
    status: str
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the checks found about one plugin.

    Attributes:
        plugin: Name of its entry point.
        distribution: Distribution that ships it, with its version.
        results: One for every check that was run.
    """

    plugin: str
    distribution: str
    results: tuple[Result, ...]

    def of_status(self, status: str) -> list[Result]:
        """Return the results of one status."""
        return [result for result in self.results if result.status == status]

    def told(self, result: Result) -> str:
        """Say in one line what failed, with plugin, hook and remedy."""
        thing = (
            "" if result.name == self.plugin and result.check == "loads" else f" {result.name!r}"
        )
        return (
            f"plugin {self.plugin!r} ({self.distribution}), {result.hook}{thing}: {result.check}: "
            f"{result.message}; remedy: {result.remedy}"
        )


def check_plugin(
    candidate: Candidate,
    *,
    limit_s: float = 120.0,
    report: Callable[[Result], None] = lambda result: None,
) -> Verdict:
    """Run the checks of one plugin in a process of its own, so that it can hang, print or crash.

    Args:
        candidate: The plugin; see `dynode.checking.finding.find_plugins`.
        limit_s: Seconds that one check may take.
        report: Called with every result as it comes.

    Returns:
        The verdict; a plugin that cannot be loaded has one failed result.
    """
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events"
        events.touch()
        process = _start(candidate, events, Path(folder))
        try:
            results = list(_follow(process, events, candidate, limit_s, report))
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    return Verdict(candidate.name, candidate.distribution, tuple(results))


def _start(candidate: Candidate, events: Path, folder: Path) -> subprocess.Popen[bytes]:
    paths = [*candidate.paths, *filter(None, sys.path)]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "DYNODE_LOAD_PLUGINS": "",  # the process loads them itself, one by one
    }
    told = json.dumps({"name": candidate.name, "module": candidate.module})
    others = os.environ.get("DYNODE_LOAD_PLUGINS")
    arguments = [str(events), told, candidate.distribution, json.dumps(others)]
    return subprocess.Popen(
        [sys.executable, "-m", "dynode.checking.child", *arguments],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _follow(
    process: subprocess.Popen[bytes],
    events: Path,
    candidate: Candidate,
    limit_s: float,
    report: Callable[[Result], None],
) -> Iterator[Result]:
    """Give results as the process writes them; end with the process, or with its patience."""
    running: dict[str, Any] = {"hook": "import", "name": candidate.name, "check": "loads"}
    last = running
    deadline = time.monotonic() + limit_s
    line = b""  # the process may have written a part of it only
    with events.open("rb") as stream:
        while True:
            ended = process.poll() is not None
            read = stream.readline()
            line += read
            if line.endswith(b"\n"):
                deadline = time.monotonic() + limit_s
                event, line = json.loads(line), b""
                if event.pop("event") == "start":
                    running = event
                    continue
                last, running, result = running, {}, Result(**event)
                report(result)
                yield result
            elif read:  # the rest is on its way
                continue
            elif ended or time.monotonic() > deadline:
                if running or process.returncode:
                    found = _crashed(process.returncode) if ended else _hanging(limit_s)
                    report(result := Result(**(running or last), **found))
                    yield result
                return
            else:
                time.sleep(_POLL_S)


def _crashed(code: int) -> dict[str, str]:
    return {
        "status": "failed",
        "message": f"the process ended with code {code}",
        "remedy": "find what leaves or crashes the interpreter: os._exit, or a native library",
    }


def _hanging(limit_s: float) -> dict[str, str]:
    return {
        "status": "failed",
        "message": f"no answer in {limit_s:g} s",
        "remedy": "end every loop, wait for nothing without a limit; raise --limit if it is only slow",
    }
