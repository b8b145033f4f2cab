"""What is edited: a sampled picture, or a file of the user."""

from __future__ import annotations

import secrets
from typing import Any

from nicegui import events, ui

from dynode.plugins import Progress, registry
from dynode_studio.forms import Form
from dynode_studio.opening import read_any
from dynode_studio.state import LARGEST_SEED, Slider, Source, State
from dynode_studio.tab import Tab
from dynode_studio.uploads import LARGEST_PICTURE, plain_name
from dynode_studio.variants import Work

_DICE = 10_000


class SourcePanel:
    """Seed, truncation, class and files.

    Args:
        tab: The tab.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        info = tab.drawing.generator.info
        with ui.element("div").classes("card"):
            with ui.element("div").classes("line"):
                ui.label("Picture").classes("title")
                self.seed = ui.number("Seed", min=0, max=LARGEST_SEED, precision=0, value=0)
                self.seed.props("dense").style("width: 7rem").on("change", self._sampled)
                dice = ui.button(icon="casino", on_click=self._roll)
                dice.props('flat round dense aria-label="Another seed"').tooltip("Another seed")
                ui.label("Truncation").classes("quiet")
                self.truncation = ui.slider(min=0, max=1.2, step=0.05, value=0.7)
                self.truncation.props('aria-label="Truncation" label dense').style("width: 8rem")
                self.truncation.on("change", self._sampled)
                self.klass = self._classes(info.c_dim, info.class_names)
            self.name = ui.label("").classes("quiet")
            with (
                ui.expansion("Open a picture, clip, codes or a direction")
                .props("dense")
                .classes("w-full")
            ):
                self.upload = ui.upload(
                    label="Drop a file here, or choose one",
                    auto_upload=True,
                    max_file_size=LARGEST_PICTURE,
                    on_upload=self._uploaded,
                    on_rejected=lambda: tab.tell("the file is too large", is_wrong=True),
                )
                self.upload.props('flat bordered aria-label="Open a file"').style("width: 100%")
                self.inverter = _inverters(tab)
                self.options = ui.element("div")
                self.form: Form | None = None
                self.inverter.on_value_change(self._chosen)
        tab.changed.append(self.line_up)
        self.line_up()

    def _classes(self, count: int, names: tuple[str, ...]) -> ui.select | None:
        if not count:
            return None
        known: dict[Any, str] = {-1: "any class"}
        known |= {index: names[index] if names else str(index) for index in range(count)}
        return ui.select(known, value=-1, label="Class", on_change=self._sampled)

    def line_up(self) -> None:
        """Show the state's source."""
        source = self.tab.state.source
        self.seed.value, self.truncation.value = source.seed, source.truncation
        self.name.set_text(f"{source.kind}: {source.name}" if source.name else "")

    def _roll(self) -> None:
        self.seed.value = secrets.randbelow(_DICE)
        self._sampled()

    def _sampled(self) -> None:
        chosen = None if self.klass is None or self.klass.value == -1 else self.klass.value
        seed = max(0, min(LARGEST_SEED, int(self.seed.value or 0)))
        source = Source("seed", seed, float(self.truncation.value or 0), chosen)
        if source != self.tab.state.source:
            self.tab.settle(State(source, self.tab.state.sliders))

    def _chosen(self) -> None:
        self.options.clear()
        self.form = None
        if self.inverter.value:
            with self.options:
                self.form = Form(registry().inverters[self.inverter.value].options)

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        content = await event.file.read()
        self.upload.reset()
        options = self.form.values() if self.form is not None else {}
        await open_file(self.tab, event.file.name, content, self.inverter.value or "", options)


def _inverters(tab: Tab) -> ui.select:
    domain = tab.drawing.generator.info.domain
    fitting = [i for i in registry().inverters if not i.domains or domain in i.domains]
    known = {"": "the usual inverter"} | {i.name: f"{i.name}: {i.summary}" for i in fitting}
    return ui.select(known, value="", label="Pictures are inverted by").classes("w-full")


async def open_file(
    tab: Tab, name: str, content: bytes, inverter: str = "", options: dict[str, Any] | None = None
) -> None:
    """Open a file of the user, whatever it is by its content."""
    name = plain_name(name)

    def work(progress: Progress) -> Source | Slider | Work:
        return read_any(
            tab.drawing, name, content, inverter=inverter, options=options, progress=progress
        )

    found = await tab.work(f"Opening {name}", work)
    if isinstance(found, Work):
        tab.reopen(found)
    elif isinstance(found, Source):
        tab.settle(State(found, tab.state.sliders))
    elif isinstance(found, Slider):
        tab.settle(tab.state.with_more(found))
