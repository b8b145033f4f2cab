"""Fetching checkpoints from a server on this machine: resumed, checked, never half there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dynode import models
from dynode.errors import CorruptCheckpointError, MissingWeightsError, OptionError
from dynode.models import KnownModel, cached_path, fetch, known_models

WEIGHTS = bytes(range(256)) * 40
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves one file, in as many ways as the internet has."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = WEIGHTS
        self.status = 200
        self.cut_after: int | None = None  # bytes, then the connection breaks, once
        self.knows_ranges = True
        self.tells_length = True
        self.asked: list[str | None] = []  # the Range header of every request

    def url(self, name: str = "weights.pkl") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    """Answers a request as the server's fields say."""

    server: Server

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        start = 0
        if wanted and server.knows_ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(server.content):
                self.send_error(416)
                return
        body = server.content[start:]
        self.send_response(206 if start else server.status)
        if server.tells_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut, server.cut_after = server.cut_after, None
        self.wfile.write(body[:cut])

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no proxy between test and server, and pieces smaller than the file."""
    monkeypatch.setattr(models.fetching, "_CHUNK", 1000)  # what came of a piece is lost in a cut
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def model(server: Server) -> KnownModel:
    return KnownModel("cats", server.url(), "CC0-1.0", "cats", SHA256)


def files_in(cache: Path) -> list[str]:
    return sorted(item.name for item in cache.iterdir()) if cache.exists() else []


# The ordinary way


def test_a_fetched_file_lies_in_the_cache_under_its_name(cache: Path, model: KnownModel) -> None:
    path = fetch(model)

    assert path == cache / "cats.pkl" == cached_path(model)
    assert path.read_bytes() == WEIGHTS
    assert files_in(cache) == ["cats.pkl", "models.json"]


def test_a_file_that_is_there_is_checked_and_not_fetched_again(
    model: KnownModel, server: Server
) -> None:
    fetch(model)

    fetch(model)

    assert server.asked == [None]


def test_a_file_that_was_changed_is_fetched_again(
    cache: Path, model: KnownModel, server: Server
) -> None:
    fetch(model).write_bytes(b"changed")

    assert fetch(model).read_bytes() == WEIGHTS
    assert len(server.asked) == 2


def test_a_hash_may_be_written_in_capitals(model: KnownModel) -> None:
    fetch(dataclasses.replace(model, sha256=SHA256.upper()))


def test_progress_is_told_in_bytes(model: KnownModel) -> None:
    told: list[tuple[int, int, str]] = []

    fetch(model, progress=lambda *report: told.append(report))  # type: ignore[arg-type]

    assert [done for done, _, _ in told] == [*range(1000, 10_001, 1000), 10_240]
    assert {(total, message) for _, total, message in told} == {(10240, "bytes")}


def test_a_length_that_is_not_told_is_no_obstacle(model: KnownModel, server: Server) -> None:
    server.tells_length = False

    assert fetch(model).read_bytes() == WEIGHTS


def test_without_the_variable_the_cache_is_the_system_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNODE_CACHE")

    assert models.cache_folder().name == "dynode"


def test_the_variable_may_name_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNODE_CACHE", "~/weights")

    assert models.cache_folder() == Path.home() / "weights"


# Interrupted


def test_a_cut_download_goes_on_where_it_stopped(
    cache: Path, model: KnownModel, server: Server
) -> None:
    server.cut_after = 3000
    with pytest.raises(MissingWeightsError, match="goes on where it stopped") as caught:
        fetch(model)
    (kept,) = files_in(cache)

    path = fetch(model)

    assert "\n" not in str(caught.value)
    assert kept.startswith("cats.pkl.") and kept.endswith(".part")
    assert server.asked == [None, "bytes=3000-"]
    assert path.read_bytes() == WEIGHTS
    assert files_in(cache) == ["cats.pkl", "models.json"]


def test_a_server_that_knows_no_ranges_starts_again(model: KnownModel, server: Server) -> None:
    server.cut_after, server.knows_ranges = 3000, False
    with pytest.raises(MissingWeightsError):
        fetch(model)

    assert fetch(model).read_bytes() == WEIGHTS


def test_a_file_that_got_shorter_meanwhile_starts_again(model: KnownModel, server: Server) -> None:
    server.cut_after, server.content = 12_000, WEIGHTS * 2
    with pytest.raises(MissingWeightsError):
        fetch(model)
    server.content = WEIGHTS

    assert fetch(model).read_bytes() == WEIGHTS
    assert server.asked == [None, "bytes=12000-", None]


def test_what_came_from_another_address_is_not_continued(model: KnownModel, server: Server) -> None:
    server.cut_after = 3000
    with pytest.raises(MissingWeightsError):
        fetch(dataclasses.replace(model, url=server.url("old.pkl")))

    fetch(model)

    assert server.asked == [None, None]


def test_a_part_of_another_file_ends_in_a_hash_that_differs_and_then_in_the_right_one(
    cache: Path, model: KnownModel, server: Server
) -> None:
    server.cut_after, server.content = 3000, b"other" * 2048
    with pytest.raises(MissingWeightsError):
        fetch(model)
    server.content = WEIGHTS
    with pytest.raises(CorruptCheckpointError, match="sha256 differs"):
        fetch(model)

    assert fetch(model).read_bytes() == WEIGHTS


# Something else


def test_another_hash_keeps_nothing(cache: Path, model: KnownModel, server: Server) -> None:
    server.content = WEIGHTS[:-1] + b"x"

    with pytest.raises(CorruptCheckpointError) as caught:
        fetch(model)

    assert str(caught.value) == (
        f"what {model.url} sent is not cats: its sha256 differs from {SHA256}; nothing was kept, "
        f"fetch it again or check the hash with the publisher"
    )
    assert files_in(cache) == []


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><body>Too many downloads</body></html>",
        b"\n  <html>",
        b"<!doctype HTML>",
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    ],
    ids=["page", "blank first", "capitals", "xml"],
)
@pytest.mark.parametrize("sha256", [SHA256, ""], ids=["hash", "trusted"])
def test_a_web_page_is_named_as_such(
    cache: Path, model: KnownModel, server: Server, page: bytes, sha256: str
) -> None:
    server.content = page

    with pytest.raises(CorruptCheckpointError, match="sent a web page instead of weights"):
        fetch(dataclasses.replace(model, sha256=sha256), trust=True)

    assert files_in(cache) == []


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "404 Not Found"), (403, "403 Forbidden"), (503, "503 Service")]
)
def test_a_refusal_of_the_server_is_told(
    cache: Path, model: KnownModel, server: Server, status: int, reason: str
) -> None:
    server.status = status

    with pytest.raises(MissingWeightsError) as caught:
        fetch(model)

    assert str(caught.value).startswith(f"{model.url} cannot be fetched ({reason}")
    assert f"or put the file at {cache / 'cats.pkl'}" in str(caught.value)
    assert files_in(cache) == []


@pytest.mark.parametrize("url", ["weights.pkl", "gopher://a/b", "http://", "http://[::1"])
def test_an_address_that_is_none_is_told(model: KnownModel, url: str) -> None:
    with pytest.raises(MissingWeightsError, match="cannot be fetched \\("):
        fetch(dataclasses.replace(model, url=url))


def test_a_server_that_does_not_answer_is_told(model: KnownModel, server: Server) -> None:
    # Nothing listens on port 1 of this machine.
    with pytest.raises(MissingWeightsError, match="cannot be fetched \\(ConnectionError"):
        fetch(dataclasses.replace(model, url="http://127.0.0.1:1/weights.pkl"))


# Without a hash


def test_without_a_hash_nothing_is_fetched(model: KnownModel, server: Server) -> None:
    unknown = dataclasses.replace(model, sha256="")

    with pytest.raises(MissingWeightsError) as caught:
        fetch(unknown)

    assert str(caught.value) == (
        f"no sha256 is recorded for cats ({model.url}); pass the publisher's with --sha256, or --trust "
        f"to take the file as it comes and record its hash"
    )
    assert server.asked == []


def test_a_trusted_file_is_recorded_and_checked_from_then_on(
    cache: Path, model: KnownModel, server: Server
) -> None:
    fetch(dataclasses.replace(model, sha256=""), trust=True)

    recorded = known_models()["cats"]
    (cache / "cats.pkl").write_bytes(b"changed")
    server.content = b"changed on the server too"

    assert recorded == model
    with pytest.raises(CorruptCheckpointError, match="sha256 differs"):
        fetch(recorded)


def test_a_file_put_there_by_hand_is_taken_when_trusted(
    cache: Path, model: KnownModel, server: Server
) -> None:
    cache.mkdir()
    (cache / "cats.pkl").write_bytes(WEIGHTS)

    fetch(dataclasses.replace(model, sha256=""), trust=True)

    assert server.asked == []
    assert known_models()["cats"].sha256 == SHA256


def test_a_name_that_is_taken_is_not_mistaken_for_another_file(
    model: KnownModel, server: Server
) -> None:
    fetch(model)
    other = dataclasses.replace(model, url=server.url("dogs.pkl"), sha256="")

    with pytest.raises(OptionError, match="the name cats is taken by .*weights.pkl; choose ano"):
        fetch(other, trust=True)

    assert known_models()["cats"] == model


@pytest.mark.parametrize(
    ("name", "sha256", "message"),
    [
        ("../cats", SHA256, "'../cats' is no name for a model"),
        ("a/b", SHA256, "'a/b' is no name"),
        ("", SHA256, "'' is no name"),
        (".hidden", SHA256, "'.hidden' is no name"),
        ("a b", SHA256, "'a b' is no name"),
        ("cats", "abc", "'abc' is no sha256; expected 64 hexadecimal digits"),
        ("cats", "g" * 64, "is no sha256"),
    ],
)
def test_words_that_cannot_be_meant_are_refused_before_anything_is_fetched(
    model: KnownModel, server: Server, name: str, sha256: str, message: str
) -> None:
    with pytest.raises(OptionError) as caught:
        fetch(dataclasses.replace(model, name=name, sha256=sha256), trust=True)

    assert message in str(caught.value)
    assert server.asked == []


# The record


def test_published_models_are_known_with_licence_and_domain() -> None:
    known = known_models()

    assert known["ffhq-1024"].filename == "ffhq-1024.pkl"
    assert {model.name for model in known.values()} == set(known)
    assert all(model.licence and model.domain for model in known.values())
    assert all(model.url.startswith("https://") for model in known.values())


def test_the_suffix_of_the_file_is_that_of_the_address() -> None:
    model = KnownModel("a", "https://b/c.pt?download=1", "", "")

    assert model.filename == "a.pt"


def test_a_recorded_model_stands_beside_the_published(model: KnownModel) -> None:
    fetch(model)

    assert {"cats", "ffhq-1024"} <= set(known_models())


@pytest.mark.parametrize(
    "content", ["", "{", "3", "[3]", '[{"name": "a"}]', '{"a": 1}', "\ud800", '["ab"]'], ids=repr
)
def test_a_damaged_record_is_told_in_one_line(cache: Path, content: str) -> None:
    cache.mkdir()
    (cache / "models.json").write_bytes(content.encode("utf-8", "surrogatepass"))

    with pytest.raises(
        CorruptCheckpointError, match="cannot be read as the record of fetched models"
    ) as c:
        known_models()

    assert "\n" not in str(c.value)


def test_the_record_is_readable(cache: Path, model: KnownModel) -> None:
    fetch(model)

    assert json.loads((cache / "models.json").read_text()) == [dataclasses.asdict(model)]
