"""One open tab: its desk, its pictures on the page, its jobs, and what ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nicegui import Client, ui

from dynode.errors import DynodeError
from dynode.pipeline import ready_directions
from dynode.plugins import Progress
from dynode_studio.contents import Contents
from dynode_studio.desk import Desk, Shown, Wanted
from dynode_studio.drawing import Drawing
from dynode_studio.frames import Frames
from dynode_studio.live import Live
from dynode_studio.state import Slider, Source, State
from dynode_studio.studio import Studio
from dynode_studio.variants import Work
from dynode_studio.worker import Job, Stopped


class Tab:
    """What the panels of one page share.

    Args:
        studio: What all tabs share.
        name: Name of the tab's pictures.
        frames: The tab's pictures.
        client: The browser's side.
    """

    def __init__(self, studio: Studio, name: str, frames: Frames, client: Client) -> None:
        self.studio, self.name, self.frames, self.client = studio, name, frames, client
        self.loop = asyncio.get_running_loop()
        generator = studio.generator
        self.drawing = Drawing(generator, ready_directions(generator.info), Contents())
        ready = tuple(Slider(name) for name in self.drawing.ready)
        state = State(Source(seed=studio.settings.seed), ready)
        self.desk = Desk(self.drawing, studio.device, state, self._drawn)
        self.jobs: list[Job] = []
        self.listeners: list[Callable[[Shown], None]] = []
        self.changed: list[Callable[[], None]] = []
        self.seen: list[Callable[[], None]] = []
        self.live = Live(self._moved, self._seen)
        studio.lives[name] = self.live
        self._is_late = False
        self.is_closed = False

    @property
    def state(self) -> State:
        """The present state."""
        return self.desk.state

    def settle(self, state: State) -> None:
        """Take a state that one can come back to, and bring the controls in line."""
        self.attempt(lambda: self.desk.settle(state))
        self.refresh()

    def reopen(self, work: Work) -> None:
        """Put saved work on the table; undo goes back to the state that was there."""
        self.attempt(lambda: self.desk.reopen(work))
        self.refresh()

    def refresh(self) -> None:
        """Bring all controls in line with the state."""
        for change in self.changed:
            change()

    def attempt(self, call: Callable[[], Any]) -> Any:
        """Call, and show in a line what goes wrong."""
        try:
            return call()
        except DynodeError as error:
            self.tell(str(error), is_wrong=True)
            return None

    def tell(self, message: str, *, is_wrong: bool = False) -> None:
        """Show a line."""
        if self.is_closed:
            return
        with self.client:
            ui.notify(
                message[:600],
                type="negative" if is_wrong else "info",
                multi_line=True,
                position="top",
                close_button="Close" if is_wrong else False,
            )

    def offer(self, content: bytes, name: str) -> None:
        """Let the browser download bytes, over the route of the pictures."""
        with self.client:
            ui.download.from_url(self.address(content), name)

    def address(self, content: bytes) -> str:
        """Keep bytes for the browser and say where."""
        return f"/frames/{self.name}/{self.frames.add(content)}"

    async def work(self, title: str, call: Callable[[Progress], Any]) -> Any:
        """Do long work and return its result; None where it failed or was cancelled, which is shown."""
        job = self.attempt(lambda: self.studio.device.start(title, call))
        if job is None:
            return None
        self.jobs.append(job)
        self.refresh()
        try:
            found = await asyncio.wrap_future(job.future)
            for warning in job.warnings:
                self.tell(warning)
            return found
        except (Stopped, asyncio.CancelledError):
            self.tell(f"{title}: cancelled")
        except DynodeError as error:
            self.tell(str(error), is_wrong=True)
        except Exception as error:  # of a stranger's plugin; the studio goes on
            self.tell(f"{title} failed: {type(error).__name__}: {error}", is_wrong=True)
        finally:
            self.jobs.remove(job)
            self.refresh()
        return None

    def close(self) -> None:
        """Free what the tab holds."""
        self.is_closed = True
        self.desk.close()
        for job in self.jobs:
            job.cancel()
        self.drawing.close()
        self.studio.tabs.close(self.name)
        self.studio.lives.pop(self.name, None)

    def _moved(self, slider: int, value: float, is_released: bool, number: int) -> None:
        """Take the value of a slider; the controls come in line once its picture is shown."""
        if self.is_closed or slider >= len(self.state.sliders):
            return
        self.desk.number = number
        self.attempt(lambda: self.desk.move(slider, value, is_drawn=not is_released))
        if is_released:
            self._is_late = True
            self.attempt(self.desk.settle)

    def _seen(self) -> None:
        if self.is_closed:
            return
        if self._is_late:
            self._is_late = False
            self.refresh()
        for call in self.seen:
            call()

    def _drawn(self, wanted: Wanted, shown: Shown | Exception) -> None:
        """Take a picture in the drawing thread."""
        self.loop.call_soon_threadsafe(self._show, shown)

    def _show(self, shown: Shown | Exception) -> None:
        if self.is_closed:
            return
        if isinstance(shown, Exception):
            self.tell(str(shown), is_wrong=True)
            return
        for listener in self.listeners:
            listener(shown)
