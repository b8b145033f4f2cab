"""With DYNODE_TRACE_PLUGINS=1, what happens to every plugin is written to stderr."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Mapping

_OFF = ("", "0")


class Trace:
    """Tells how one plugin is loaded; silent unless DYNODE_TRACE_PLUGINS is set."""

    def __init__(self, owner: str) -> None:
        """Begin with a plugin.

        Args:
            owner: Its module and distribution, for the lines.
        """
        self.is_on = os.environ.get("DYNODE_TRACE_PLUGINS", "") not in _OFF
        self._owner = owner
        self._began = time.perf_counter()

    def imported(self) -> None:
        """Tell that its module is imported, and how long that took."""
        self._tell("imported")

    def registered(self, provides: Mapping[str, tuple[str, ...]]) -> None:
        """Tell what it registered."""
        for kind, names in provides.items():
            self._tell(f"registered {kind}: {', '.join(names)}")

    def failed(self, error: BaseException) -> None:
        """Tell why it is left out, with the whole traceback."""
        self._tell("failed")
        if self.is_on:
            for line in traceback.format_exception(error):
                sys.stderr.write(_printable(line))

    def _tell(self, what: str) -> None:
        if self.is_on:
            spent_ms = 1000 * (time.perf_counter() - self._began)
            sys.stderr.write(f"plugin {_printable(self._owner)}: {what} ({spent_ms:.1f} ms)\n")


def _printable(text: str) -> str:
    """Take out what a terminal would obey: names of files and modules are a stranger's."""
    return "".join(
        each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )
