"""What runs in the background, how far it is, and how to stop it."""

from __future__ import annotations

from nicegui import ui

from dynode_studio.tab import Tab
from dynode_studio.worker import Job

_LOOK_S = 0.3  # between two looks at how far it is


class JobPanel:
    """Shows the jobs of a tab with progress and cancel.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._bars: list[tuple[Job, ui.linear_progress, ui.label]] = []
        self.box = ui.element("div").props('role="status" aria-label="What runs"')
        self._timer = ui.timer(_LOOK_S, self._tick, active=False)
        tab.changed.append(self._show)

    def _show(self) -> None:
        self.box.clear()
        self._bars = []
        with self.box:
            for job in self.tab.jobs:
                with ui.element("div").classes("line job"):
                    label = ui.label(job.title).style("flex: 2")
                    bar = ui.linear_progress(0, show_value=False).style("flex: 1")
                    cancel = ui.button("Cancel", on_click=job.cancel).props("flat dense no-caps")
                    cancel.props["aria-label"] = f"Cancel {job.title}"
                self._bars.append((job, bar, label))
        self._timer.activate() if self.tab.jobs else self._timer.deactivate()

    def _tick(self) -> None:
        for job, bar, label in self._bars:
            bar.value = job.done / job.total if job.total else 0
            label.set_text(f"{job.title}: {job.message}" if job.message else job.title)
