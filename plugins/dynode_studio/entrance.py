"""What the browser shows first: a page that needs neither torch nor the generator, which load meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import Client, run, ui

from dynode.errors import DynodeError
from dynode_studio.frames import Frames
from dynode_studio.live_script import LIVE_SCRIPT
from dynode_studio.studio import Studio
from dynode_studio.style import STYLE


async def open_page(studio: Studio) -> None:
    """Open a tab, and build its page once the generator is there."""
    ui.add_css(STYLE)
    ui.add_head_html(LIVE_SCRIPT)
    client = ui.context.client
    opened = studio.tabs.open()
    if opened is None:
        ui.label("Too many tabs of the studio are open; close one and load this one again.")
        return
    client.on_delete(lambda: studio.tabs.close(opened[0]))
    waiting = ui.label("Loading the generator …").classes("quiet")
    await client.connected()  # a page that waits any longer for its content is given up
    try:
        await run.io_bound(lambda: studio.generator)
    except DynodeError as error:
        waiting.delete()
        ui.label(str(error)).classes("wrong")
        return
    build = await run.io_bound(_builder)
    if build is not None:  # the studio ends otherwise
        waiting.delete()
        await build(studio, *opened, client)


def _builder() -> Callable[[Studio, str, Frames, Client], Awaitable[None]]:
    from dynode_studio.page import show_page

    return show_page
