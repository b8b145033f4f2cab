"""Pictures over a socket of their own: the newest goes, once, and knows which value it is of."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
import torch
from starlette.websockets import WebSocketDisconnect

from dynode.errors import UsageError
from dynode_studio.desk import Shown
from dynode_studio.live import Live, serve_live
from dynode_studio.worker import Device


class Page:
    """The browser's side of a socket, as far as `Live` sees it."""

    def __init__(self) -> None:
        self.sent = list[bytes]()
        self.told: asyncio.Queue[str | None] = asyncio.Queue()
        self.accepted = False

    async def accept(self) -> None:
        self.accepted = True

    async def receive_text(self) -> str:
        text = await self.told.get()
        if text is None:
            raise WebSocketDisconnect
        return {"text" if text else "bytes": text}["text"]  # as Starlette's own

    async def send_bytes(self, content: bytes) -> None:
        self.sent.append(content)

    async def close(self, code: int) -> None:
        self.sent.append(b"closed %d" % code)


def talk(*shown: Shown, told: tuple[str, ...] = ()) -> tuple[list[bytes], list[object]]:
    """Connect a page, show it pictures one by one, let it answer: what was sent, what was taken."""
    taken = list[object]()

    async def serve() -> list[bytes]:
        live = Live(lambda *value: taken.append(value), lambda: taken.append("seen"))
        page = Page()
        serving = asyncio.create_task(live.serve(page))  # type: ignore[arg-type]
        for one in shown:
            await asyncio.sleep(0.01)
            live.send(one)
        await asyncio.sleep(0.01)
        for text in (*told, None):
            page.told.put_nowait(text)
        await serving
        return page.sent

    return asyncio.run(serve()), taken


def test_a_picture_says_of_which_value_it_is_and_whether_it_stands_still() -> None:
    sent, _ = talk(Shown(b"first", number=1), Shown(b"last", number=3, is_final=True))

    heads = [json.loads(one.split(b"\n")[0]) for one in sent]

    assert [one.split(b"\n")[1] for one in sent] == [b"first", b"last"]
    assert [(head["name"], head["number"], head["is_final"]) for head in heads] == [
        ("after", 1, False),
        ("after", 3, True),
    ]


def test_a_picture_that_is_shown_already_is_not_sent_again() -> None:
    picture = b"the whole picture"

    sent, _ = talk(Shown(picture, number=1), Shown(picture, number=2, is_final=True))

    assert sent[1].split(b"\n")[1] == b""
    assert json.loads(sent[1])["is_final"]


def test_of_pictures_that_come_at_once_the_newest_is_sent() -> None:
    async def serve() -> list[bytes]:
        live, page = Live(lambda *value: None, lambda: None), Page()
        serving = asyncio.create_task(live.serve(page))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        for content in (b"one", b"two", b"three"):
            live.send(Shown(content))
        await asyncio.sleep(0.01)
        page.told.put_nowait(None)
        await serving
        return page.sent

    assert [one.split(b"\n")[1] for one in asyncio.run(serve())] == [b"three"]


def test_values_are_taken_in_order_and_what_is_seen_is_told() -> None:
    values = [
        json.dumps({"slider": 2, "value": 0.5, "released": False, "number": 1}),
        json.dumps({"slider": 2, "value": -1, "released": True, "number": 2}),
        json.dumps({"seen": 2}),
    ]

    _, taken = talk(told=tuple(values))

    assert taken == [(2, 0.5, False, 1), (2, -1.0, True, 2), "seen"]


def test_a_picture_that_nobody_listens_to_counts_as_seen() -> None:
    seen = list[str]()

    async def show() -> None:
        live = Live(lambda *value: None, lambda: seen.append("seen"))
        live.send(Shown(b"on the way"))
        live.send(Shown(b"whole", is_final=True))

    asyncio.run(show())

    assert seen == ["seen"]


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"slider": -1, "value": 0, "number": 1}',
        '{"slider": 0, "value": NaN, "number": 1}',
        '{"slider": 0, "value": 1e9, "number": 1}',
        '{"slider": 0, "value": 1}',
        '{"slider": 0, "value": 1' + "0" * 400 + ', "number": 1}',  # more than a float holds
        "[" * 100_000,
    ],
)
def test_a_message_that_no_page_sends_ends_the_socket(text: str) -> None:
    sent, taken = talk(told=(text,))

    assert sent == [b"closed 1003"]
    assert taken == []
    with pytest.raises(UsageError):
        Live(lambda *value: None, lambda: None).take(text)


def test_bytes_end_the_socket() -> None:
    sent, taken = talk(told=("",))

    assert (sent, taken) == ([b"closed 1003"], [])


def test_a_page_that_connects_again_is_sent_the_pictures_its_dead_socket_is_not() -> None:
    async def serve() -> tuple[list[bytes], list[bytes]]:
        live, dead, page = Live(lambda *value: None, lambda: None), Page(), Page()
        both = [asyncio.create_task(live.serve(dead))]  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        both.append(asyncio.create_task(live.serve(page)))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        live.send(Shown(b"picture"))
        await asyncio.sleep(0.01)
        for each in (dead, page):
            each.told.put_nowait(None)
        await asyncio.gather(*both)
        return dead.sent, page.sent

    dead, page = asyncio.run(serve())

    assert dead == []
    assert [one.split(b"\n")[1] for one in page] == [b"picture"]


def test_the_socket_of_a_tab_that_is_gone_opens_to_say_so() -> None:
    page = Page()

    asyncio.run(serve_live(None, page))  # type: ignore[arg-type]

    assert page.accepted
    assert page.sent == [b"closed 1008"]


def test_small_pictures_are_drawn_in_one_thread_and_jobs_in_as_many_as_before() -> None:
    usual, device, found = torch.get_num_threads(), Device(), list[int]()
    device.threads = 3  # as if torch used three
    drawn = threading.Event()

    def draw() -> None:
        device.choose_threads(is_small=True)
        found.append(torch.get_num_threads())
        drawn.set()

    try:
        device.draw(draw)
        assert drawn.wait(10)
        job = device.start("a job", lambda progress: torch.get_num_threads())
        found.append(job.future.result(10))
    finally:
        device.close()
        torch.set_num_threads(usual)

    assert found == [1, 3]
