"""The page of the studio: the portrait on the left, what moves it on the right."""

from __future__ import annotations

from nicegui import Client, ui
from nicegui.events import KeyEventArguments

from dynode_studio.autosave import Autosave
from dynode_studio.export_panel import ExportPanel
from dynode_studio.finding_panel import FindingPanel
from dynode_studio.frames import Frames
from dynode_studio.job_panel import JobPanel
from dynode_studio.portrait import Portrait
from dynode_studio.slider_panel import SliderPanel
from dynode_studio.source_panel import SourcePanel, open_file
from dynode_studio.studio import Studio
from dynode_studio.tab import Tab
from dynode_studio.timeline import TimelinePanel
from dynode_studio.variant_panel import VariantPanel
from dynode_studio.walk_panel import WalkPanel


async def show_page(studio: Studio, name: str, frames: Frames, client: Client) -> None:
    """Build the page of one tab, whose generator is loaded; see `Tab`."""
    tab = Tab(studio, name, frames, client)
    client.on_delete(tab.close)
    dark = ui.dark_mode(None)
    _header(tab, dark)
    with ui.element("main").classes("desk"):
        with ui.element("section").classes("seen").props('aria-label="Picture"'):
            Portrait(tab)
            TimelinePanel(tab)
            JobPanel(tab)
        with ui.element("section").classes("controls").props('aria-label="Controls"'):
            SourcePanel(tab)
            SliderPanel(tab)
            VariantPanel(tab)
            FindingPanel(tab)
            ExportPanel(tab)
            WalkPanel(tab)
    ui.keyboard(on_key=lambda event: _key(tab, event))
    ui.run_javascript(f"dynodeLive.open('/live/{name}')")
    tab.desk.settle()
    source = studio.settings.source
    if source is not None:
        await open_file(tab, source.name, source.read_bytes())


def _header(tab: Tab, dark: ui.dark_mode) -> None:
    info = tab.drawing.generator.info
    with ui.element("header").classes("top"):
        ui.label("dynode studio").classes("name").props('role="heading" aria-level="1"')
        ui.label(f"{info.name}, {info.resolution[0]} px").classes("quiet")
        ui.element("div").classes("space")
        Autosave(tab)
        undo = _button("undo", "Undo (Ctrl+Z)", lambda: _go(tab, back=True))
        redo = _button("redo", "Redo (Ctrl+Y)", lambda: _go(tab, back=False))
        _button("contrast", "Dark or light", lambda: dark.set_value(not dark.value))

    def line_up() -> None:
        undo.set_enabled(tab.desk.history.can_undo)
        redo.set_enabled(tab.desk.history.can_redo)

    tab.changed.append(line_up)
    line_up()


def _button(icon: str, label: str, call: object) -> ui.button:
    button = ui.button(icon=icon, on_click=call).props(f'flat round dense aria-label="{label}"')  # type: ignore[arg-type]
    return button.tooltip(label)


def _go(tab: Tab, *, back: bool) -> None:
    (tab.desk.undo if back else tab.desk.redo)()
    tab.refresh()


def _key(tab: Tab, event: KeyEventArguments) -> None:
    is_command = event.modifiers.ctrl or event.modifiers.meta
    if not event.action.keydown or not is_command:
        return
    if event.key.name in ("z", "Z"):
        _go(tab, back=not event.modifiers.shift)
    elif event.key.name == "y":
        _go(tab, back=False)
