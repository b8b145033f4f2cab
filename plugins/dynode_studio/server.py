"""The studio's server: one guarded page, its pictures, its downloads."""

from __future__ import annotations

import socket
import sys
import threading
import webbrowser
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from nicegui import app, ui
from starlette.responses import Response

import dynode
from dynode.cli import console
from dynode.errors import UsageError
from dynode.generator import Generator
from dynode_studio.frames import Tabs
from dynode_studio.security import Guard, new_token
from dynode_studio.worker import Device


@dataclass(frozen=True)
class Settings:
    """What the command was given; see `dynode studio --help`."""

    source: Path | None = None
    generator: str | None = None
    device: str | None = None
    seed: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    browser: bool = True


class Studio:
    """What all tabs share: the generator, the queue of its device, the pictures.

    Args:
        settings: What the command was given.
        generator: A loaded generator; None loads it in a thread while the page comes up.
    """

    def __init__(self, settings: Settings, generator: Generator | None = None) -> None:
        self.settings, self.tabs, self.device = settings, Tabs(), Device()
        self._generator: Future[Generator] = Future()
        if generator is not None:
            self._generator.set_result(generator)
            return
        threading.Thread(target=self._load, daemon=True).start()

    def _load(self) -> None:
        try:
            found = dynode.load_generator(self.settings.generator, device=self.settings.device)
            self._generator.set_result(found)
        except Exception as error:  # told on the page and by the command
            self._generator.set_exception(error)

    @property
    def generator(self) -> Generator:
        """The generator, once it is loaded.

        Raises:
            DynodeError: It cannot be.
        """
        return self._generator.result()

    def register(self) -> None:
        """Add the page and the pictures to the application."""
        from dynode_studio.page import show_page

        @ui.page("/", title="dynode studio")
        async def page() -> None:
            await show_page(self)

        @app.get("/frames/{tab}/{name}")
        def frame(tab: str, name: str) -> Response:
            found = self.tabs.get(tab, name)
            if found is None:
                return Response("no such picture\n", status_code=404, media_type="text/plain")
            told = {"cache-control": "no-store"}
            return Response(found.content, media_type=found.media_type, headers=told)


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        DynodeError: The generator cannot be loaded, or the port is taken.
    """
    studio = Studio(settings)
    port = _free_port(settings)
    token = settings.token or new_token()
    names = (
        {settings.host, "127.0.0.1", "localhost"} if _is_local(settings.host) else {settings.host}
    )
    hosts = {f"{name}:{port}" for name in names}
    studio.register()
    app.add_middleware(Guard, token=token, hosts=hosts)
    address = f"http://{settings.host}:{port}/?token={token}"
    app.on_startup(lambda: _tell(address, settings.browser))
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


def _tell(address: str, is_opened: bool) -> None:
    console.tell(address)
    sys.stdout.flush()
    console.say("open this address in the browser of this machine; Ctrl-C ends the studio")
    if is_opened:
        webbrowser.open(address)


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
