"""The timeline of a clip: scrub it, play it, give strengths over time, and export it."""

from __future__ import annotations

from nicegui import events, ui

from dynode_studio.clips import with_keys, without_keys, written_clip
from dynode_studio.desk import Shown
from dynode_studio.tab import Tab


class TimelinePanel:
    """Shows where in the clip the picture is; hidden where no clip is open.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._is_drawn = True
        with ui.element("div").classes("card").props('aria-label="Timeline"') as self.box:
            with ui.element("div").classes("line"):
                self.play = ui.button(icon="play_arrow", on_click=self._toggle)
                self.play.props('flat round dense aria-label="Play or pause"')
                self.bar = ui.slider(min=0, max=1, step=1, value=0, on_change=self._scrubbed)
                self.bar.props('aria-label="Frame of the clip" dense').style("flex: 1")
                self.bar.on("change", self._released)
                self.where = ui.label("").classes("quiet amount")
            with ui.element("div").classes("line"):
                _button("Key strengths here", self._key)
                _button("Clear keys", self._clear)
                _button("Export MP4", self._export)
            self.keys = ui.label("").classes("quiet").props('role="status"')
        self._timer = ui.timer(0.1, self._step, active=False)
        tab.changed.append(self.line_up)
        tab.listeners.append(self._shown)
        self.line_up()

    def line_up(self) -> None:
        """Show the state."""
        state, work = self.tab.state, self.tab.drawing.clip_of(self.tab.state)
        self.box.set_visibility(work is not None)
        if work is None:
            self._timer.deactivate()
            told = "the clip is not open; open it again to scrub and export it"
            self.keys.set_text(told if state.source.kind == "clip" else "")
            return
        self._timer.interval = 1 / work.fps
        self.bar.props(f"max={len(work) - 1}")
        self.bar.value = state.frame
        self._tell_where()
        self.keys.set_text(_told_keys({s.name: s.keys for s in state.sliders if s.keys}))

    def _tell_where(self) -> None:
        work = self.tab.drawing.clip_of(self.tab.state)
        if work is not None:
            frame = self.tab.state.frame
            self.where.set_text(f"{frame + 1}/{len(work)}, {work.time_s(frame):.2f} s")

    def _scrubbed(self) -> None:
        frame = int(self.bar.value or 0)
        if frame != self.tab.state.frame:
            self._go(frame, is_final=False)

    def _released(self, event: events.GenericEventArguments) -> None:
        """Settle where the bar was let go; its own value may come later, being told less often."""
        value = event.args[0] if isinstance(event.args, list) else event.args
        self._settle(int(value or 0))

    def _settle(self, frame: int) -> None:
        self._go(frame, is_final=True)
        self.tab.refresh()

    def _go(self, frame: int, *, is_final: bool) -> None:
        self._is_drawn = False
        self.tab.desk.show_frame(frame, is_final=is_final)
        self._tell_where()

    def _toggle(self) -> None:
        self._timer.active = not self._timer.active
        self.play.props(f"icon={'pause' if self._timer.active else 'play_arrow'}")
        if not self._timer.active:
            self._settle(self.tab.state.frame)

    def _step(self) -> None:
        """Show the next frame once the last one is drawn: no frame is left out, a slow machine is late."""
        work = self.tab.drawing.clip_of(self.tab.state)
        if work is None or not self._is_drawn:
            return
        self._go((self.tab.state.frame + 1) % len(work), is_final=False)
        self.bar.value = self.tab.state.frame

    def _shown(self, shown: Shown) -> None:
        self._is_drawn = True

    def _key(self) -> None:
        work = self.tab.drawing.clip_of(self.tab.state)
        if work is not None:
            self.tab.settle(with_keys(self.tab.state, work))

    def _clear(self) -> None:
        self.tab.settle(without_keys(self.tab.state))

    async def _export(self) -> None:
        state, drawing = self.tab.state, self.tab.drawing
        content = await self.tab.work(
            "Drawing the clip", lambda progress: written_clip(drawing, state, progress)
        )
        if content:
            self.tab.offer(content, "edited.mp4")


def _told_keys(keys: dict[str, tuple[tuple[float, float], ...]]) -> str:
    return "; ".join(
        f"{name}: " + ", ".join(f"{strength:+.2f} at {time:.2f} s" for time, strength in pairs)
        for name, pairs in keys.items()
    )


def _button(label: str, call: object) -> None:
    button = ui.button(label, on_click=call)  # type: ignore[arg-type]  # a function without arguments
    button.props("outline dense no-caps").style("padding: 0 .6rem")
