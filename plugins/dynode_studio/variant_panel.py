"""Variants side by side: small pictures of what was kept, and one click back to each."""

from __future__ import annotations

import functools

from nicegui import ui

from dynode_studio.state import State
from dynode_studio.tab import Tab
from dynode_studio.variants import SLOTS, Variants, free_slot, lines_of, words_of


class VariantPanel:
    """Keeps what is on the table in slots, and brings it back.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._shown: Variants = {}
        self._pictures: dict[str, tuple[State, bytes]] = {}
        self._tiles: dict[str, tuple[ui.element, ui.element]] = {}
        with ui.element("div").classes("card"):
            with ui.element("div").classes("line"):
                ui.label("Variants").classes("title")
                self.count = ui.label("").classes("quiet").props('role="status"')
                ui.element("div").classes("space")
                self.keeper = ui.button("", on_click=self._keep)
                self.keeper.props("outline dense no-caps").style("padding: 0 .6rem")
            self.box = ui.element("div").classes("variants")
            self.box.props('role="list" aria-label="Variants that are kept"')
        tab.changed.append(self.line_up)
        self.line_up()

    def line_up(self) -> None:
        """Show what is kept, and which of it is on the table."""
        variants = self.tab.desk.variants
        if variants != self._shown:
            self._build(variants)
        free = free_slot(variants)
        self.keeper.set_text(f"Keep as {free}" if free else "All four are kept")
        self.keeper.set_enabled(free is not None)
        kept = f"{len(variants)} of {len(SLOTS)} kept"
        self.count.set_text(kept if variants else "keep up to four edits and compare them")
        for slot, (button, _) in self._tiles.items():
            button.props["aria-current"] = str(variants[slot] == self.tab.state).lower()

    def _build(self, variants: Variants) -> None:
        self._shown, self._tiles = variants, {}
        self.box.clear()
        with self.box:
            for slot, state in sorted(variants.items()):
                self._tiles[slot] = self._tile(slot, state)
        for slot, state in variants.items():
            of, content = self._pictures.get(slot, (None, b""))
            if of == state:
                self._show(slot, state, content)
            else:
                self.tab.desk.draw_small(state, functools.partial(self._drawn, slot, state))

    def _tile(self, slot: str, state: State) -> tuple[ui.element, ui.element]:
        words = words_of(state)
        height, width = self.tab.drawing.generator.info.resolution
        with ui.element("div").classes("variant").props('role="listitem"'):
            button = ui.element("button").props('type="button"').tooltip(words)
            button.props["aria-label"] = f"Bring back {slot}, {words}"
            button.on("click", functools.partial(self._bring_back, slot))
            with button:
                image = ui.element("img").props('alt="" draggable="false"')
                image.style(f"aspect-ratio: {width} / {height}")
                ui.label(slot).classes("slot")
                ui.label("\n".join(lines_of(state))).classes("words")
            remove = ui.button(icon="close", on_click=functools.partial(self._remove, slot))
            remove.props(f'flat round dense size=sm aria-label="Remove {slot}"')
        return button, image

    def _keep(self) -> None:
        self.tab.desk.keep()
        self.tab.refresh()

    def _bring_back(self, slot: str) -> None:
        self.tab.settle(self.tab.desk.variants[slot])

    def _remove(self, slot: str) -> None:
        self.tab.desk.drop(slot)
        self.tab.refresh()
        self.tab.client.run_javascript(
            f"getHtmlElement({self.keeper.id}).focus()"
        )  # its own is gone

    def _drawn(self, slot: str, state: State, drawn: bytes | Exception) -> None:
        """Take a small picture in the drawing thread."""
        self.tab.loop.call_soon_threadsafe(self._show, slot, state, drawn)

    def _show(self, slot: str, state: State, drawn: bytes | Exception) -> None:
        if self.tab.is_closed or self._shown.get(slot) != state:
            return
        if isinstance(drawn, Exception):
            self.tab.tell(f"variant {slot} cannot be drawn: {drawn}", is_wrong=True)
            return
        self._pictures[slot] = (state, drawn)
        self._tiles[slot][1].props["src"] = self.tab.address(drawn)
