"""What the studio's server refuses: other sites, other hosts, other people, files that lie."""

from __future__ import annotations

import asyncio
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nicegui", reason="comes with the extra 'studio'")

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from dynode.errors import DynodeError, UsageError
from dynode.testing import run_command
from dynode_studio.frames import MOST, MOST_TABS, Tabs
from dynode_studio.security import COOKIE, Guard
from dynode_studio.uploads import kind_of_upload, plain_name, uploaded

TOKEN = "a-token-that-nobody-guesses"
HOST = "127.0.0.1:8080"
OWN = {"host": HOST, "cookie": f"{COOKIE}={TOKEN}"}


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the whole body and say how long it was; accept every socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await PlainTextResponse(f"{length} bytes")(scope, receive, send)


def ask(
    headers: Mapping[str, str],
    *,
    kind: str = "http",
    path: str = "/",
    query: str = "",
    body: tuple[bytes, ...] = (b"",),
) -> list[Message]:
    """Send one request through the guard and return what comes back."""
    guard = Guard(page, token=TOKEN, hosts=[HOST], largest=1000)
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": kind, "path": path, "query_string": query.encode()}
    scope |= {"headers": told, "method": "GET", "scheme": "http", "server": ("127.0.0.1", 8080)}
    parts = [
        {"type": "http.request", "body": part, "more_body": number < len(body)}
        for number, part in enumerate(body, 1)
    ]
    coming = iter([{"type": "websocket.connect"}] if kind == "websocket" else parts)
    sent = list[Message]()

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent


def status(sent: list[Message]) -> int:
    return int(sent[0]["status"])


def test_the_studios_own_page_is_answered() -> None:
    sent = ask(OWN, body=(b"abc", b"de"))

    assert status(sent) == 200
    assert sent[1]["body"] == b"5 bytes"


REFUSED = {
    "no token": ({"host": HOST}, 401),
    "another token": ({"host": HOST, "cookie": f"{COOKIE}=another"}, 401),
    "a damaged cookie": ({"host": HOST, "cookie": 'x="\x7f=;;'}, 401),
    "a Host as after DNS rebinding": ({**OWN, "host": "evil.example:8080"}, 403),
    "a Host of another port": ({**OWN, "host": "127.0.0.1:1"}, 403),
    "no Host": ({"cookie": OWN["cookie"]}, 403),
    "a foreign Origin": ({**OWN, "origin": "https://evil.example"}, 403),
    "the Origin of another port": ({**OWN, "origin": "http://127.0.0.1:9999"}, 403),
    "the Origin of a sandbox": ({**OWN, "origin": "null"}, 403),
    "another site's link": ({**OWN, "sec-fetch-site": "cross-site"}, 403),
    "2 GB that are declared": ({**OWN, "content-length": str(2 * 2**30)}, 413),
    "a length that is no number": ({**OWN, "content-length": "-1"}, 413),
}


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_the_studios_own_is_refused(case: str, kind: str) -> None:
    headers, expected = REFUSED[case]
    if kind == "websocket":
        headers = {"origin": f"http://{HOST}", **headers}

    sent = ask(headers, kind=kind)

    if kind == "http":
        assert status(sent) == expected
    else:
        assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_socket_of_the_own_page_is_accepted_and_one_without_origin_is_not() -> None:
    own = ask({**OWN, "origin": f"http://{HOST}"}, kind="websocket")
    without = ask(OWN, kind="websocket")

    assert own[0]["type"] == "websocket.accept"
    assert without[0]["type"] == "websocket.close"


def test_the_token_of_the_address_becomes_a_cookie_that_scripts_and_sites_do_not_get() -> None:
    sent = ask({"host": HOST}, query=f"token={TOKEN}")

    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert status(sent) == 303
    assert headers["location"] == "/"
    assert "HttpOnly" in headers["set-cookie"] and "SameSite=strict" in headers["set-cookie"]


def test_the_token_counts_in_the_address_of_the_page_alone() -> None:
    assert status(ask({"host": HOST}, path="/frames/a/b", query=f"token={TOKEN}")) == 401


def test_a_body_that_is_longer_than_it_said_is_cut_off() -> None:
    assert ask(OWN, body=(b"x" * 600, b"x" * 600)) == []


def test_pages_may_load_nothing_from_elsewhere() -> None:
    headers = dict(ask(OWN)[0]["headers"])

    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]


def test_only_names_that_were_given_out_are_answered() -> None:
    tabs = Tabs()
    opened = tabs.open()
    assert opened is not None
    name, frames = opened
    picture = frames.add(b"\x89PNG...")

    assert tabs.get(name, picture) is not None
    for wrong in ("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", ""):
        assert tabs.get(name, wrong) is None
        assert tabs.get(wrong, picture) is None


def test_fifty_tabs_and_a_thousand_pictures_stay_bounded() -> None:
    tabs = Tabs()
    opened = [tabs.open() for _ in range(50)]
    first = opened[0]
    assert first is not None
    for number in range(1000):
        first[1].add(str(number).encode())

    assert sum(tab is None for tab in opened) == 50 - MOST_TABS
    assert len(first[1]) == MOST


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "C:\\Windows\\x.png", "/x.png", "..", "-rf.png", "a\n\x00b.png", ""],
    ids=["up", "windows", "root", "dots", "flag", "control", "empty"],
)
def test_the_name_of_an_upload_leads_nowhere(name: str) -> None:
    with uploaded(b"some bytes", name) as path:
        folder = path.parent
        assert path.read_bytes() == b"some bytes"
        assert path.name.startswith("upload")
        assert folder.name.startswith("dynode-studio-")

    assert not folder.exists()
    assert not {"/", "\\", "\n", "\x00"} & set(plain_name(name))


def bomb() -> bytes:
    """A PNG of a few kilobytes that declares 30,000 × 30,000 pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", b"\0" * 50_000_000)
    return stream.getvalue()


HOSTILE = {
    "a picture that unfolds": ("x.png", bomb()),
    "an archive that unfolds": ("x.npz", zip_bomb()),
    "a pickle that runs": ("x.pkl", b"cos\nsystem\n(S'touch owned'\ntR."),
    "a direction with a huge header": ("x.safetensors", struct.pack("<Q", 2**60) + b"{}"),
    "a direction of lies": ("x.safetensors", struct.pack("<Q", 2) + b"{}"),
    "a page": ("x.html", b"<script>alert(1)</script>"),
    "work of JSON a million deep": ("x.json", b'{"a":' * 200_000),
    "work that is no work": ("x.json", b'{"format": "dynode.studio", "version": 1}'),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_one_line_and_runs_nothing(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dynode.testing import tiny_generator
    from dynode_studio.contents import Contents
    from dynode_studio.drawing import Drawing
    from dynode_studio.opening import read_any

    monkeypatch.chdir(tmp_path)
    name, content = HOSTILE[case]
    drawing = Drawing(tiny_generator(), {}, Contents())

    with pytest.raises(DynodeError) as raised:
        read_any(drawing, name, content)

    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_an_upload_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dynode_studio.uploads.LARGEST_PICTURE", 10)

    with pytest.raises(UsageError, match="larger than"), uploaded(b"x" * 11, "x.png"):
        pass


def test_what_an_upload_is_goes_by_its_content() -> None:
    with uploaded(b"\x89PNG\r\n\x1a\n", "x.safetensors") as path:
        assert kind_of_upload(path) == "picture"


@pytest.mark.installed_plugins
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "add --token"),
        (["--host", "0.0.0.0", "--token", "short"], "expected 16 or more"),
    ],
    ids=["no token", "a short token"],
)
def test_others_need_a_token(arguments: list[str], message: str) -> None:
    result = run_command(["studio", *arguments])

    assert result.exit_code == 2
    assert message in result.stderr
