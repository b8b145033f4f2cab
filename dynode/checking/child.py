"""The process in which a plugin is checked; it writes what it does, line by line, to a file."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

from dynode import plugins

_ARGUMENT = "declare it as `def register_directions(register):`; hooks have that one argument"
_REMEDIES = {
    "missing module": "add the package to `dependencies` in pyproject.toml, or import it inside find",
    "can not be found in the hookspec": _ARGUMENT,
    "hookimpl definition": _ARGUMENT,
    "unknown hook": "spell it as on the page of hooks; `dynode plugins new` writes one that works",
    "registered already": "choose another name for what you register",
    "implements no hook": "mark the function with @dynode.hookimpl in the module of the entry point",
    "register an instance": "write register(Method()), with the brackets",
    "Can't instantiate abstract": "write the method that is missing",
}


def main(arguments: list[str]) -> None:
    """Check one plugin.

    Args:
        arguments: File of events, entry point as JSON, its distribution, names of the other plugins
            to load as JSON (null for all).
    """
    with Path(arguments[0]).open("a", encoding="utf-8") as stream:
        _check(_Log(stream), json.loads(arguments[1]), json.loads(arguments[3]))


def _check(log: _Log, told: dict[str, str], others: str | None) -> None:
    point = metadata.EntryPoint(told["name"], told["module"], plugins.GROUP)
    owner = f"{point.value} ({plugins.distribution_of(point)})"
    hooks = ", ".join(_hooks_in_source(point.module)) or "no hook"
    log.start(f"before {hooks}", point.name, "loads")
    printed = _import_quietly(point.module)
    is_heavy = "torch" in sys.modules
    registry = plugins.registry()
    registry.load_entry_points([point])
    error = registry.reports[-1].error
    if error:
        named = re.search(r"register_\w+", error)
        log.end("failed", error, _remedy(error), hook=named[0] if named else None)
        return
    log.end("passed", hook=hooks)
    _check_module(log, point.name, hooks, printed, is_heavy)
    _check_names(log, point, owner, hooks, others)
    for hook, shelf in registry.shelves.items():
        for name in shelf.owned_by(owner):
            _check_thing(log, hook, name, shelf[name])


class _Log:
    """Writes events, one JSON line each."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._running: dict[str, str] = {}

    def start(self, hook: str, name: str, check: str) -> None:
        self._running = {"hook": hook, "name": name, "check": check}
        self._write({"event": "start", **self._running})

    def end(
        self, status: str, message: str = "", remedy: str = "", *, hook: str | None = None
    ) -> None:
        told = {"status": status, "message": message, "remedy": remedy}
        renamed = {"hook": hook} if hook else {}
        self._write({"event": "end", **self._running, **renamed, **told})

    def _write(self, event: dict[str, Any]) -> None:
        self._stream.write(json.dumps(event) + "\n")
        self._stream.flush()


def _hooks_in_source(module: str) -> Iterator[str]:
    """Read which hooks a module means to implement, without running it."""
    try:
        spec = importlib.util.find_spec(module)
        source = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
    # Finding a submodule imports its package, which may raise anything.
    except (Exception, SystemExit):
        return
    yield from re.findall(r"^def (register_\w+)", source, flags=re.MULTILINE)


def _import_quietly(module: str) -> str:
    """Import a module and return what it printed; failing is told when it is loaded."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(Exception, SystemExit):
        importlib.import_module(module)
    return printed.getvalue()


def _remedy(error: str) -> str:
    for sign, remedy in _REMEDIES.items():
        if sign in error:
            return remedy
    return "import the module by hand and mend what it raises; import late what may fail"


def _check_module(log: _Log, name: str, hooks: str, printed: str, is_heavy: bool) -> None:
    log.start(hooks, name, "importing-prints-nothing")
    if printed:
        log.end("failed", f"importing it printed {printed[:60]!r}", "log instead of printing")
    else:
        log.end("passed")
    log.start(hooks, name, "importing-is-quick")
    if is_heavy:
        log.end(
            "failed",
            "importing it imports torch, which every command then waits for",
            "import torch inside find, and under `if TYPE_CHECKING:` for annotations",
        )
    else:
        log.end("passed")


def _check_names(
    log: _Log, point: metadata.EntryPoint, owner: str, hooks: str, others: str | None
) -> None:
    """Load the other plugins after this one; what they cannot register is what it takes."""
    log.start(hooks, point.name, "names-are-its-own")
    if others is None:
        os.environ.pop("DYNODE_LOAD_PLUGINS")
    else:
        os.environ["DYNODE_LOAD_PLUGINS"] = others
    registry = plugins.registry()
    rest = [
        p for p in plugins.selected_entry_points() if (p.name, p.value) != (point.name, point.value)
    ]
    registry.load_entry_points(rest)
    taken = [
        report
        for report in registry.reports
        if "registered already" in report.error and f"by {owner}" in report.error
    ]
    if taken:
        first = taken[0]
        name = (re.search(r"the ([a-z ]+'[^']+') of", first.error) or [first.error] * 2)[1]
        log.end(
            "failed",
            f"{name} is registered by {first.name} ({first.distribution}) too",
            "choose another name for what you register",
            hook=(re.search(r"register_\w+", first.error) or [hooks])[0],
        )
    else:
        log.end("passed")


def _check_thing(log: _Log, hook: str, name: str, thing: Any) -> None:  # whatever a hook registers
    log.start(hook, name, "can-be-checked")
    from dynode.testing import checks_for

    try:
        checks = checks_for(thing)
    except ValueError as error:
        log.end("failed", str(error), "name checks that exist in expected_failures, with reasons")
        return
    log.end("passed")
    for check in checks:
        log.start(hook, name, check.id)
        outcome = check.outcome()
        log.end(outcome.status, outcome.message, check.remedy)


if __name__ == "__main__":
    main(sys.argv[1:])
