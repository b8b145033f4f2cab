"""The stack: a slider for every direction, with mute, reset and the rows that it moves."""

from __future__ import annotations

import functools
from typing import Any

from nicegui import events, ui

from dynode.scoring import parse_rows
from dynode_studio.state import ZONES, Slider
from dynode_studio.tab import Tab

RANGE_SD = 4.0
_STEP = 0.05
_VALUE = "model-value"


class SliderPanel:
    """Shows the sliders of a tab's state.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._shape: object = None
        self._rows: list[tuple[ui.element, ui.number, ui.element]] = []
        with ui.element("div").classes("card"):
            with ui.element("div").classes("line"):
                ui.label("Directions").classes("title")
                ui.label("in standard deviations").classes("quiet")
                ui.element("div").classes("space")
                ui.button("Reset all", on_click=self._reset_all).props("flat dense no-caps")
            self.box = ui.element("div")
        tab.changed.append(self.line_up)
        self.line_up()

    def line_up(self) -> None:
        """Show the state: only values where the stack is the same, else new controls."""
        sliders = self.tab.state.sliders
        shape = [(slider.name, slider.file, slider.rows) for slider in sliders]
        if shape != self._shape:
            self._shape, self._rows = shape, []
            self.box.clear()
            with self.box:
                for index, slider in enumerate(sliders):
                    self._rows.append(self._row(index, slider))
        for slider, (bar, figure, row) in zip(sliders, self._rows, strict=True):
            bar.props[_VALUE] = figure.value = slider.strength
            row.classes(add="muted") if slider.is_muted else row.classes(remove="muted")

    def _row(self, index: int, slider: Slider) -> tuple[ui.element, ui.number, ui.element]:
        name = slider.name.replace('"', "'")
        with ui.element("div").classes("slider") as row:
            ui.label(slider.name).classes("title").tooltip(self._told(slider))
            bar = ui.element("q-slider").props("selection-color=transparent")
            bar.props.update({"min": -RANGE_SD, "max": RANGE_SD, "step": _STEP})
            bar.props[_VALUE] = slider.strength
            bar.props["aria-label"] = f"Strength of {name}"
            figure = ui.number(value=slider.strength, step=_STEP, format="%.2f")
            figure.props("dense borderless").props["aria-label"] = f"Strength of {name} as a number"
            figure.on("change", functools.partial(self._typed, index))
            bar.on("update:model-value", js_handler=_moving(index, figure.id))
            bar.on("change", functools.partial(self._released, index), js_handler=_released(index))
            self._zone(index, slider, name)
            with ui.element("div").classes("line").style("flex-wrap: nowrap; gap: 0"):
                self._icon("visibility", f"Mute {name}", self._mute, index)
                self._icon("restart_alt", f"Reset {name}", self._reset, index)
                if slider.file:
                    self._icon("close", f"Remove {name}", self._remove, index)
                    self._icon("download", f"Download {name}", self._download, index)
        return bar, figure, row

    def _told(self, slider: Slider) -> str:
        direction = self.tab.attempt(lambda: self.tab.drawing.direction(slider))
        return "" if direction is None else f"strength 1 is {direction.info.unit}"[:200]

    def _zone(self, index: int, slider: Slider, name: str) -> None:
        known = ZONES | ({} if slider.rows in ZONES else {slider.rows: f"rows {slider.rows}"})
        zone = ui.select(known | {"own": "own rows …"}, value=slider.rows)
        zone.props('dense borderless options-dense role="group"')
        zone.props["aria-label"] = f"Rows that {name} moves"
        zone.on_value_change(functools.partial(self._zoned, index))

    def _icon(self, icon: str, label: str, call: object, index: int) -> None:
        button = ui.button(icon=icon, on_click=lambda: call(index))  # type: ignore[operator]
        button.props("flat round dense size=sm").props["aria-label"] = label
        button.tooltip(label)

    def _released(self, index: int, event: events.GenericEventArguments) -> None:
        """Settle where the slider was let go, told over the page's usual socket."""
        value = event.args[0] if isinstance(event.args, list) else event.args
        self.tab.attempt(lambda: self.tab.desk.move(index, value))
        self.tab.settle(self.tab.state)

    def _typed(self, index: int) -> None:
        value = self._rows[index][1].value
        self.tab.attempt(lambda: self.tab.desk.move(index, float(value or 0)))
        self.tab.settle(self.tab.state)

    def _zoned(self, index: int, event: events.ValueChangeEventArguments[Any]) -> None:
        if event.value == "own":
            self._ask_rows(index)
        elif event.value != self.tab.state.sliders[index].rows:
            self._limit(index, str(event.value))

    def _ask_rows(self, index: int) -> None:
        last = self.tab.drawing.generator.info.num_layers - 1
        with ui.dialog(value=True) as dialog, ui.card():
            rows = ui.input("Rows", placeholder=f"0-3, 5 or 8-; they go to {last}")

            def take() -> None:
                dialog.close()
                self._limit(index, rows.value.strip())

            rows.on("keydown.enter", take)
            ui.button("Take", on_click=take).props("no-caps")

    def _limit(self, index: int, rows: str) -> None:
        info = self.tab.drawing.generator.info
        changed = self.tab.state.with_slider(index, rows=rows)
        fits = self.tab.attempt(
            lambda: (parse_rows(rows, info), self.tab.drawing.direction(changed.sliders[index]))
        )
        self._shape = None  # the control shows what was chosen, whatever became of it
        self.tab.settle(changed if fits else self.tab.state)

    def _mute(self, index: int) -> None:
        is_muted = self.tab.state.sliders[index].is_muted
        self.tab.settle(self.tab.state.with_slider(index, is_muted=not is_muted))

    def _reset(self, index: int) -> None:
        self.tab.settle(self.tab.state.with_slider(index, strength=0.0))

    def _reset_all(self) -> None:
        state = self.tab.state
        for index in range(len(state.sliders)):
            state = state.with_slider(index, strength=0.0, is_muted=False)
        self.tab.settle(state)

    def _remove(self, index: int) -> None:
        self.tab.settle(self.tab.state.without(index))

    def _download(self, index: int) -> None:
        from dynode.pipeline import file_stems

        slider = self.tab.state.sliders[index]
        stem = file_stems([slider.name])[0]
        self.tab.offer(self.tab.drawing.contents[slider.file], f"{stem}.safetensors")


def _moving(index: int, figure: int) -> str:
    return f"(value) => dynodeLive.move({index}, value, {figure})"


def _released(index: int) -> str:
    """Let go over the socket of the pictures; over the page's, where that one is not open."""
    return f"(value) => dynodeLive.release({index}, value) || emit(value)"
