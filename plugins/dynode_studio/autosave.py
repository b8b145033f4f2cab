"""The work on the table, kept while it changes, so that a crash or a closed tab loses a second of it."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui

from dynode import files
from dynode.errors import DynodeError
from dynode.models import cache_folder
from dynode_studio import saving
from dynode_studio.tab import Tab
from dynode_studio.variants import Work

_EVERY_S = 1.0


def place_of(fingerprint: str) -> Path:
    """Return where the last work with a generator is kept; uploads are not, the codes of them are."""
    return cache_folder() / "studio" / f"{fingerprint[:32]}.json"


class Autosave:
    """Saves the work of a tab, and offers the last one of another that ended, however it did.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.path = place_of(tab.drawing.generator.info.fingerprint)
        self._saved = self._now()
        self._last = self.path.read_bytes() if self.path.is_file() else b""
        if self._last:
            self.button = ui.button("Reopen last work", on_click=self.reopen)
            self.button.props("flat dense no-caps icon=restore")
        ui.timer(_EVERY_S, self.save)

    def save(self) -> None:
        """Write the work, if it is another than the last time."""
        now = self._now()
        if now == self._saved:
            return
        self._saved = now
        drawing = self.tab.drawing
        try:
            text = saving.to_json(now, drawing.contents, drawing.generator.info)
            with files.written(self.path) as temporary:
                temporary.write_text(text)
                temporary.chmod(0o600)
        except DynodeError as error:
            self.tab.tell(f"the work is not kept: {error}", is_wrong=True)

    def reopen(self) -> None:
        """Put the last work on the table; undo goes back to what was there."""
        drawing = self.tab.drawing
        work = self.tab.attempt(
            lambda: saving.from_json(self._last, drawing.contents, drawing.generator.info)
        )
        self.button.set_visibility(False)
        if work is not None:
            self.tab.reopen(work)

    def _now(self) -> Work:
        return Work(self.tab.desk.history.now, self.tab.desk.variants)
