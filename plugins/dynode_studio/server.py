"""The studio's server: one guarded page, its pictures, its downloads."""

from __future__ import annotations

import asyncio
import socket
import sys
import warnings
import webbrowser
from dataclasses import replace

from nicegui import app, background_tasks, ui
from starlette.responses import Response
from starlette.websockets import WebSocket

from dynode.cli import console
from dynode.errors import UsageError
from dynode_studio.entrance import open_page
from dynode_studio.security import Guard, new_token
from dynode_studio.studio import Settings, Studio, live_generator

_LOOK_S = 0.01


def register(studio: Studio) -> None:
    """Add the page and the pictures to the application."""

    @ui.page("/", title="dynode studio")
    async def page() -> None:
        await open_page(studio)

    @app.get("/frames/{tab}/{name}")
    def frame(tab: str, name: str) -> Response:
        found = studio.tabs.get(tab, name)
        if found is None:
            return Response("no such picture\n", status_code=404, media_type="text/plain")
        told = {"cache-control": "no-store"}
        return Response(found.content, media_type=found.media_type, headers=told)

    @app.websocket("/live/{tab}")
    async def live(tab: str, socket: WebSocket) -> None:
        from dynode_studio.live import serve_live

        await serve_live(studio.lives.get(tab), socket)


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        DynodeError: The generator cannot be loaded, or the port is taken.
    """
    studio = Studio(replace(settings, generator=settings.generator or live_generator()))
    port = _free_port(settings)
    token = settings.token or new_token()
    names = (
        {settings.host, "127.0.0.1", "localhost"} if _is_local(settings.host) else {settings.host}
    )
    hosts = {f"{name}:{port}" for name in names}
    register(studio)
    app.add_middleware(Guard, token=token, hosts=hosts)
    address = f"http://{settings.host}:{port}/?token={token}"
    warnings.showwarning = studio.device.hear(warnings.showwarning)
    app.on_startup(
        lambda: background_tasks.create(_tell(address, settings.host, port, settings.browser))
    )
    app.on_shutdown(studio.device.close)
    ui.run(
        host=settings.host,
        port=port,
        title="dynode studio",
        show=False,
        reload=False,
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        access_log=False,
        ws_max_size=2**20,
    )


async def _tell(address: str, host: str, port: int, is_opened: bool) -> None:
    """Say where the studio is once it answers there."""
    while not await _answers(host, port):
        await asyncio.sleep(_LOOK_S)
    console.tell(address)
    sys.stdout.flush()
    console.say("open this address in the browser of this machine; Ctrl-C ends the studio")
    if is_opened:
        webbrowser.open(address)


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def _is_local(host: str) -> bool:
    return host in ("127.0.0.1", "localhost")


def _free_port(settings: Settings) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise UsageError(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); choose another --port"
            ) from error
        return int(probe.getsockname()[1])
