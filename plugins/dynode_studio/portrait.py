"""The picture, the wipe between before and after, and what the edit did."""

from __future__ import annotations

from nicegui import ui

from dynode_studio.desk import Shown
from dynode_studio.tab import Tab

_MOST_BARS = 9
_FULL_SD = 3.0  # standard deviations of a full bar
_NOTABLE_SD = 0.1
_SETTLED_S = 0.35  # without a change before attributes are measured


class Portrait:
    """Shows what a tab draws.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        height, width = tab.drawing.generator.info.resolution
        self.box = ui.element("div").classes("portrait").props('aria-busy="true"')
        with self.box.style(f"aspect-ratio: {width} / {height}"):
            self.after = _image("The edited picture", "after")
            self.before = _image("The picture before the edits", "before")
        with ui.element("div").classes("line"):
            ui.label("after").classes("quiet")
            self.wipe = ui.slider(min=0, max=100, value=0, step=1, on_change=self._wiped)
            self.wipe.props('aria-label="Wipe between before and after" dense').style("flex: 1")
            ui.label("before").classes("quiet")
        self.status = (
            ui.label("drawing …").classes("quiet").props('role="status" aria-live="polite"')
        )
        self.conflicts = ui.label("").classes("quiet")
        with ui.element("div").classes("line") as self.key:
            ui.label("What the edit did, in standard deviations:").classes("quiet")
            ui.label("meant").classes("quiet of meant")
            ui.label("moved along").classes("quiet of leaked")
        self.key.set_visibility(False)
        self.bars = ui.element("div").classes("bars").props('role="list" aria-label="Changes"')
        self._timer = ui.timer(_SETTLED_S, self._measure, active=False)
        self._changes: dict[str, float] = {}
        self._seconds = 0.0
        tab.listeners.append(self._shown)
        tab.seen.append(self._stands)
        self._wiped()

    def _wiped(self) -> None:
        self.before.style(f"clip-path: inset(0 {100 - float(self.wipe.value or 0)}% 0 0)")

    def _shown(self, shown: Shown) -> None:
        if shown.after:
            self._seconds = shown.seconds
            self._timer.deactivate()
            self.tab.live.send(shown)
        else:
            self._changes = dict(shown.changes)
            self._show_changes()

    def _stands(self) -> None:
        self.status.set_text(f"drawn in {self._seconds * 1000:.0f} ms")
        self._timer.activate()

    def _measure(self) -> None:
        if self.tab.state != self.tab.desk.history.now:
            if self.tab.desk.is_resting:  # a value came after the slider was let go
                self.tab.settle(self.tab.state)
            return
        self._timer.deactivate()
        self.tab.desk.measure()
        told = self.tab.attempt(lambda: self.tab.drawing.conflicts(self.tab.state)) or []
        self.conflicts.set_text("; ".join(told))

    def _show_changes(self) -> None:
        meant = {
            self.tab.drawing.direction(slider).info.calibration.attribute
            for slider in self.tab.state.active
        }
        largest = sorted(
            self._changes.items(), key=lambda item: (item[0] not in meant, -abs(item[1]))
        )
        self.bars.clear()
        self.key.set_visibility(bool(largest))
        with self.bars:
            for name, change in largest[:_MOST_BARS]:
                if abs(change) >= _NOTABLE_SD or name in meant:
                    _bar(name.replace("_", " "), change, is_meant=name in meant)


def _image(text: str, name: str) -> ui.element:
    return ui.element("img").props(f'alt="{text}" data-name="{name}" draggable="false"')


def _bar(name: str, change: float, *, is_meant: bool) -> None:
    share = min(1.0, abs(change) / _FULL_SD) * 50
    side = "left: 50%" if change >= 0 else f"left: {50 - share}%"
    kind = "meant" if is_meant else "leaked"
    told = "meant" if is_meant else "moved along"
    with ui.element("div").classes("one").props('role="listitem"'):
        ui.label(name).tooltip(f"{name}: {told}")
        with ui.element("div").classes("bar"):
            ui.element("div").classes(kind).style(f"{side}; width: {share}%")
        ui.label(f"{change:+.2f} sd").classes("amount")
