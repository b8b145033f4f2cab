"""Directions that are found: by a text, or by any installed method with its own options."""

from __future__ import annotations

import functools
from typing import Any

from nicegui import ui

from dynode.options import specs_of
from dynode.plugins import DirectionMethod, registry
from dynode_studio import finding
from dynode_studio.forms import Form
from dynode_studio.state import Slider
from dynode_studio.tab import Tab


class FindingPanel:
    """A text box, a form for every method, and what is broken.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        methods = {method.name: method for method in registry().directions}
        self.of_text = {name: m for name, m in methods.items() if _takes_text(m)}
        with ui.element("div").classes("card"):
            ui.label("Find a direction").classes("title")
            if self.of_text:
                self._text_box()
            with ui.expansion("By any installed method").props("dense").classes("w-full"):
                self.method = ui.select(
                    {name: f"{name}: {m.summary}" for name, m in methods.items()},
                    label="Method",
                    on_change=self._chosen,
                ).classes("w-full")
                self.form_box = ui.element("div")
            self._broken()

    def _text_box(self) -> None:
        with ui.element("div").classes("line"):
            self.text = ui.input("In words", placeholder="smiling").props("dense").style("flex: 1")
            self.text.props["aria-label"] = "Text of the edit"
            self.way = ui.select(
                sorted(self.of_text, key=_place), value=_usual(self.of_text), label="Way"
            )
            self.way.props("dense").style("min-width: 9rem")
            ui.button("Find", on_click=self._find_text).props("no-caps")
        self.text.on("keydown.enter", self._find_text)

    async def _find_text(self) -> None:
        text = (self.text.value or "").strip()
        if not text:
            self.tab.tell("type what the picture should show, such as smiling", is_wrong=True)
            return
        await self._find(self.way.value, {"text": text}, strength=1.0)

    def _chosen(self) -> None:
        self.form_box.clear()
        with self.form_box:
            form = Form(registry().directions[self.method.value].options)
            find = functools.partial(self._find_by, self.method.value, form)
            ui.button(f"Find by {self.method.value}", on_click=find).props("no-caps")

    async def _find_by(self, method: str, form: Form) -> None:
        options = self.tab.attempt(lambda: form.check(method))
        if options is not None:
            await self._find(method, options)

    async def _find(self, method: str, options: dict[str, Any], strength: float = 0.0) -> None:
        source, drawing = self.tab.state.source, self.tab.drawing
        found = await self.tab.work(
            f"{method} {options.get('text', '')}".strip(),
            lambda progress: finding.find(drawing, method, options, source, progress=progress),
        )
        if found:
            more: list[Slider] = found
            state = self.tab.state.with_more(*more)
            self.tab.settle(state.with_slider(len(state.sliders) - len(more), strength=strength))

    def _broken(self) -> None:
        """Show plugins that could not be loaded."""
        for report in registry().reports:
            if report.error:
                told = f"Plugin {report.name} is broken: {report.error}"
                ui.label(told[:300]).classes("wrong").style("padding: .25rem 0")


def _takes_text(method: DirectionMethod) -> bool:
    return any(spec.name == "text" and not spec.many for spec in specs_of(method.options))


_USUAL = "styleclip"


def _usual(methods: dict[str, DirectionMethod]) -> str:
    """Choose the way that is offered first: the one of `dynode edit` in the quick start, if it is there."""
    return _USUAL if _USUAL in methods else min(methods)


def _place(name: str) -> tuple[bool, str]:
    return not name.startswith(_USUAL), name
