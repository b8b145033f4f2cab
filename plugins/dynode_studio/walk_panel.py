"""A walk through what was on the table: stops, and their score to take away."""

from __future__ import annotations

import tempfile
from pathlib import Path

from nicegui import ui

from dynode_studio.state import State
from dynode_studio.tab import Tab
from dynode_studio.walks import SCORE, STEP_S, score_of, walk_command


class WalkPanel:
    """Stops that are set one by one.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab, self.stops = tab, list[State]()
        with ui.element("div").classes("card"):
            ui.label("Walk").classes("title")
            with ui.element("div").classes("line"):
                for label, call in (
                    ("Add stop", self._add),
                    ("Clear stops", self._clear),
                    ("Save score", self._save),
                ):
                    button = ui.button(label, on_click=call)
                    button.props("outline dense no-caps").style("padding: 0 .6rem")
            self.told = ui.label("").classes("quiet").props('role="status"')
        self._tell()

    def _add(self) -> None:
        self.stops.append(self.tab.state)
        self._tell()

    def _clear(self) -> None:
        self.stops.clear()
        self._tell()

    def _tell(self) -> None:
        count = len(self.stops)
        seconds = f"{STEP_S * max(count - 1, 0):g} s"
        text = (
            f"{count} stops, {seconds}"
            if count
            else "Set stops, and take a walk through them away."
        )
        self.told.set_text(text)

    def _save(self) -> None:
        score = self.tab.attempt(lambda: score_of(self.stops))
        if score is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            score.save(Path(folder) / SCORE)
            self.tab.offer((Path(folder) / SCORE).read_bytes(), SCORE)
        self.tab.tell(walk_command(self.stops, self.tab.studio.settings.generator))
