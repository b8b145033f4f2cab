"""Sliders and pictures over a socket of their own: a moving slider draws no other part of the page again."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from dynode.errors import UsageError
from dynode_studio.desk import Shown
from dynode_studio.state import LARGEST_SEED, LARGEST_STRENGTH, number, whole

_REFUSED, _NOT_UNDERSTOOD = 1008, 1003


class Live:
    """Takes the values of one tab's sliders, and sends its newest pictures.

    A message of the page is `{"slider", "value", "released", "number"}`, or `{"seen": number}` once it shows
    a picture that stands still. A picture is a line of JSON, `{"name", "is_final", "number"}`, and the image
    file after it; no file where the page shows that picture already. `number` is that of the last value
    which the picture knows of, so that the page asks for no more than it can show.

    Args:
        move: Gets slider, value, whether it was let go, and number.
        seen: Called when a picture that stands still is shown; at once where no page listens.
    """

    def __init__(
        self, move: Callable[[int, float, bool, int], None], seen: Callable[[], None]
    ) -> None:
        self._move, self._seen = move, seen
        self._newest: dict[str, tuple[Shown, bytes]] = {}
        self._unsent: dict[str, tuple[Shown, bytes]] = {}
        self._sent: dict[str, bytes] = {}
        self._news = asyncio.Event()
        self._listeners = 0
        self._writing: asyncio.Task[None] | None = None

    def send(self, shown: Shown) -> None:
        """Send what was drawn; of pictures that come faster than they go, the newest."""
        for name, content in (("before", shown.before), ("after", shown.after)):
            if content:
                self._newest[name] = self._unsent[name] = (shown, content)
        self._news.set()
        if shown.is_final and not self._listeners:
            self._seen()

    async def serve(self, socket: WebSocket) -> None:
        """Talk to a page until it goes; it is sent first what stands there, an older socket nothing more."""
        await socket.accept()
        if self._writing is not None:
            self._writing.cancel()
        self._sent, self._unsent = {}, dict(self._newest)
        self._news.set()
        self._listeners += 1
        self._writing = writing = asyncio.create_task(self._write(socket))
        try:
            while True:
                self.take(await _text(socket))
        except WebSocketDisconnect:
            pass
        except UsageError:
            await socket.close(_NOT_UNDERSTOOD)
        finally:
            self._listeners -= 1
            writing.cancel()

    def take(self, text: str) -> None:
        """Do what a message asks for.

        Raises:
            UsageError: It is none of the page's.
        """
        try:
            told: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError("the message is no JSON; reload the page") from error
        if not isinstance(told, dict):
            raise UsageError("the message has no members; reload the page")
        if "seen" in told:
            self._seen()
            return
        self._move(
            whole(told.get("slider"), "slider", LARGEST_SEED),
            number(told.get("value"), "value", LARGEST_STRENGTH),
            bool(told.get("released")),
            whole(told.get("number"), "number", LARGEST_SEED),
        )

    async def _write(self, socket: WebSocket) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            unsent, self._unsent = self._unsent, {}
            for name, (shown, content) in unsent.items():
                told = {"name": name, "is_final": shown.is_final, "number": shown.number}
                body = b"" if self._sent.get(name) is content else content
                self._sent[name] = content
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the page is gone
                    await socket.send_bytes(json.dumps(told).encode() + b"\n" + body)


async def _text(socket: WebSocket) -> str:
    try:
        return await socket.receive_text()
    except KeyError as error:
        raise UsageError("the message is bytes, expected text; reload the page") from error


async def serve_live(live: Live | None, socket: WebSocket) -> None:
    """Serve the tab of an address, if there is one."""
    if live is None:
        await socket.accept()  # a browser is told no code of a socket that never opened
        await socket.close(_REFUSED)
    else:
        await live.serve(socket)
