"""What leaves the studio: pictures, codes, the work itself, and the same as command and Python."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from dynode.latents import Latents
from dynode_studio import saving
from dynode_studio.drawing import encoded
from dynode_studio.tab import Tab
from dynode_studio.telling import as_command, as_python
from dynode_studio.variants import Work

STRIP = (-2.0, -1.0, 0.0, 1.0, 2.0)


class ExportPanel:
    """Downloads, and what to type instead.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        with ui.element("div").classes("card"):
            ui.label("Take it with you").classes("title")
            with ui.element("div").classes("line"):
                _button("Picture", self._picture)
                _button("Strip", self._strip)
                _button("Codes", self._codes)
                _button("Save work", self._work)
                _button("Copy as command", lambda: self._copy(as_command))
                _button("Copy as Python", lambda: self._copy(as_python))
            self.told = ui.element("pre").classes("told").props('aria-label="Command or Python"')
            self.told.set_visibility(False)
        tab.changed.append(self._forget)

    def _forget(self) -> None:
        """Hide what was told of a state that is no more."""
        self.told.set_visibility(False)

    async def _picture(self) -> None:
        state, drawing = self.tab.state, self.tab.drawing
        content = await self.tab.work("Drawing", lambda progress: drawing.png(state))
        if content:
            self.tab.offer(content, "edited.png")

    async def _strip(self) -> None:
        state, drawing = self.tab.state, self.tab.drawing

        def draw(progress: object) -> bytes:
            stack, latents = drawing.stack(state), drawing.latents(state.source)
            moved = Latents.cat([stack.apply(latents, strength) for strength in STRIP])
            return encoded(drawing.draw(moved), "PNG")

        content = await self.tab.work("Drawing a strip", draw)
        if content:
            self.tab.offer(content, "strip.png")

    def _codes(self) -> None:
        drawing = self.tab.drawing
        edited = drawing.edited(self.tab.state)
        key = drawing.contents.add_latents(edited, drawing.generator.info.fingerprint)
        self.tab.offer(drawing.contents[key], "edited.safetensors")

    def _work(self) -> None:
        info = self.tab.drawing.generator.info
        work = Work(self.tab.state, self.tab.desk.variants)
        text = saving.to_json(work, self.tab.drawing.contents, info)
        self.tab.offer(text.encode(), "studio.json")

    def _copy(self, telling: Callable[..., str]) -> None:
        generator = self.tab.studio.settings.generator
        text = self.tab.attempt(lambda: telling(self.tab.state, generator))
        if text is None:
            return
        ui.clipboard.write(text)
        self.told.set_visibility(True)
        self.told.clear()
        with self.told:
            ui.label(text)
        self.tab.tell("copied")


def _button(label: str, call: Callable[..., object]) -> None:
    ui.button(label, on_click=call).props("outline dense no-caps").style("padding: 0 .6rem")
