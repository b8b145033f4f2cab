"""Addresses of files: described by a hub on this machine, fetched once, then taken for the file."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import dynode
from dynode import models
from dynode.cli.addresses import with_files
from dynode.errors import MissingWeightsError, OptionError
from dynode.testing import run_command, tiny_generator, write_tiny_generator

ADDRESS = "hf://anna/faces/nets/tiny.safetensors"


@pytest.fixture
def network(tmp_path: Path) -> bytes:
    write_tiny_generator(tmp_path / "tiny.safetensors")
    return (tmp_path / "tiny.safetensors").read_bytes()


@pytest.fixture(autouse=True)
def hub(
    network: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, object]]:
    """A hub with one repository, which answers as the public one does."""
    blob = {"sha256": hashlib.sha256(network).hexdigest(), "size": len(network)}
    file = {"rfilename": "nets/tiny.safetensors", "size": len(network), "lfs": blob}
    told: dict[str, object] = {"cardData": {"license": "mit"}, "siblings": [file]}

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages = {
                "/api/models/anna/faces?blobs=true": json.dumps(told).encode(),
                "/anna/faces/resolve/main/nets/tiny.safetensors": network,
            }
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("DYNODE_MODELS", raising=False)
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_hub_tells_licence_hash_and_size(network: bytes) -> None:
    model = models.described(ADDRESS)

    assert model.licence == "mit"
    assert model.sha256 == hashlib.sha256(network).hexdigest()
    assert model.filename.startswith("tiny-")


def test_the_licence_is_shown_before_anything_is_fetched() -> None:
    asked = run_command(["models", "fetch", ADDRESS])

    assert asked.exit_code == 3
    assert "licence mit" in asked.stderr
    assert "--accept-licence" in asked.stderr


def test_a_fetched_address_is_taken_for_the_file() -> None:
    with pytest.raises(MissingWeightsError, match=f"dynode models fetch {ADDRESS}"):
        dynode.load_generator(ADDRESS)
    assert run_command(["models", "fetch", ADDRESS, "--accept-licence"]).exit_code == 0

    assert dynode.load_generator(ADDRESS).info.fingerprint == tiny_generator().info.fingerprint
    told = run_command(["generators", "info", ADDRESS])
    assert told.exit_code == 0, told.stderr


def test_a_file_that_the_hub_did_not_mean_is_refused(hub: dict[str, object]) -> None:
    [file] = hub["siblings"]  # type: ignore[misc]  # one, see the fixture
    file["lfs"]["sha256"] = "0" * 64

    refused = run_command(["models", "fetch", ADDRESS, "--accept-licence"])

    assert refused.exit_code == 1
    assert "sha256 differs" in refused.stderr


def test_what_a_repository_lacks_is_said_with_what_it_holds() -> None:
    with pytest.raises(MissingWeightsError, match=r"no other\.pt; it holds nets/tiny\.safetensors"):
        models.described("hf://anna/faces/other.pt")
    with pytest.raises(MissingWeightsError, match="answer 404"):
        models.described("hf://anna/nothing/other.pt")


@pytest.mark.parametrize("address", ["hf://anna/faces", "hf://", "https://host", "https://host/"])
def test_an_address_without_a_file_is_refused(address: str) -> None:
    with pytest.raises(OptionError, match="names no file"):
        models.described(address)


def test_every_way_to_write_a_file_takes_an_address() -> None:
    run_command(["models", "fetch", ADDRESS, "--accept-licence"])
    path = models.fetched_path(ADDRESS)

    written = ["edit", ADDRESS, f"--generator={ADDRESS}", f"{ADDRESS}:-1.5", f"weights={ADDRESS}"]

    assert with_files(written) == [
        "edit",
        str(path),
        f"--generator={path}",
        f"{path}:-1.5",
        f"weights={path}",
    ]
    assert with_files(["edit", "--text", "see https://example.org"]) == [
        "edit",
        "--text",
        "see https://example.org",
    ]


@pytest.mark.parametrize(
    "written",
    [
        ["models", "fetch", ADDRESS],
        ["--debug", "models", "fetch", ADDRESS],
        ["--plugin-file", "mine.py", "models", "fetch", ADDRESS],
        ["plugins", "install", "https://example.org/dynode_mine-1.0-py3-none-any.whl"],
    ],
    ids=["fetched", "fetched, with an option before", "fetched, with a plugin", "installed"],
)
def test_commands_about_addresses_get_them_as_they_are(written: list[str]) -> None:
    assert with_files(written) == written
