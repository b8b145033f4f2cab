"""`dynode generators`: list, describe, convert and fetch generators."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch

from dynode.generator.loading import load_generator
from dynode.testing import CommandResult, run_command

BUNDLED = """
import dynode

class Meadow(dynode.GeneratorProvider):
    name = "meadow-16"
    summary = "meadows, 16 px"
    licence = "CC0-1.0"
    domain = "meadows"
    default = True

    def load(self, device):
        from dynode.testing import tiny_generator
        return tiny_generator(16, w_dim=8, channels=4, name=self.name, domain=self.domain)

@dynode.hookimpl
def register_generators(register):
    register(Meadow())
"""


@pytest.fixture
def meadow(install: Callable[[str, str], None]) -> None:
    """A plugin with a bundled generator, installed alone."""
    install("meadow", BUNDLED)


def assert_failed(result: CommandResult, exit_code: int, message: str) -> None:
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert message in result.stderr
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


# list


@pytest.mark.usefixtures("meadow")
def test_bundled_and_published_generators_are_listed(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "afhqcat-512.pkl").write_bytes(b"")

    result = run_command(["generators", "list", "--json"])

    rows = {row.pop("name"): row for row in json.loads(result.stdout)}
    assert (result.exit_code, result.stderr) == (0, "")
    assert rows["meadow-16"] == {"domain": "meadows", "licence": "CC0-1.0", "state": "bundled"}
    assert rows["afhqcat-512"]["state"] == "fetched"
    assert rows["ffhq-1024"]["state"] == "not fetched"


@pytest.mark.usefixtures("meadow")
def test_the_list_is_readable_too() -> None:
    result = run_command(["generators", "list"])

    (line,) = [line for line in result.stdout.splitlines() if "meadow-16" in line]
    assert line.split() == ["meadow-16", "meadows", "bundled", "CC0-1.0"]


def test_a_damaged_record_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "models.json").write_text("{")

    assert_failed(run_command(["generators", "list"]), 1, "cannot be read as the record")


# info


def test_a_file_is_described(tiny: Path) -> None:
    result = run_command(["generators", "info", tiny])

    assert (result.exit_code, result.stderr) == (0, "")
    lines = dict(line.split(None, 1) for line in result.stdout.splitlines() if "+" not in line)
    assert lines["name"] == "tiny"
    assert lines["draws"] == "noise, 16×16 pixels"
    assert lines["fingerprint"] == load_generator(tiny).info.fingerprint
    assert "w+ code         6 rows of 8" in result.stdout


def test_json_tells_the_whole_description(tiny: Path) -> None:
    result = run_command(["generators", "info", tiny, "--json"])

    info = load_generator(tiny).info
    expected = dataclasses.asdict(info)
    assert json.loads(result.stdout) == json.loads(json.dumps(expected))


@pytest.mark.usefixtures("meadow")
def test_a_bundled_generator_is_described_by_name() -> None:
    result = run_command(["generators", "info", "meadow-16", "--json"])

    assert json.loads(result.stdout)["domain"] == "meadows"


# convert


@pytest.mark.parametrize("suffix", [".pkl", ".safetensors"])
def test_a_converted_file_draws_the_same(tiny: Path, folder: Path, suffix: str) -> None:
    result = run_command(["generators", "convert", tiny, f"new/copy{suffix}"])

    first, second = load_generator(tiny), load_generator(f"new/copy{suffix}")
    latents = first.sample(1, seed=0)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"new/copy{suffix} (")
    # The layouts store the same numbers; some are scaled and scaled back, a rounding each.
    torch.testing.assert_close(
        second.synthesize(latents), first.synthesize(latents), rtol=1e-4, atol=1e-5
    )
    assert [item.name for item in Path("new").iterdir()] == [f"copy{suffix}"]


def test_a_file_is_not_overwritten_unless_forced(tiny: Path, folder: Path) -> None:
    Path("copy.pkl").write_text("mine")

    refused = run_command(["generators", "convert", tiny, "copy.pkl"])
    kept = Path("copy.pkl").read_text()
    forced = run_command(["generators", "convert", tiny, "copy.pkl", "--force"])

    assert_failed(refused, 2, "copy.pkl exists already")
    assert kept == "mine"
    assert forced.exit_code == 0
    assert load_generator("copy.pkl").info.resolution == (16, 16)


def test_a_suffix_that_tells_no_layout_is_wrong_usage(tiny: Path, folder: Path) -> None:
    result = run_command(["generators", "convert", tiny, "copy.bin"])

    assert_failed(result, 2, "the suffix of copy.bin tells no layout")
    assert list(folder.iterdir()) == []


def test_the_layout_can_be_told_beside_the_suffix(tiny: Path, folder: Path) -> None:
    result = run_command(["generators", "convert", tiny, "copy.bin", "--layout", "nvlabs"])

    assert (result.exit_code, result.stdout) == (0, "copy.bin (nvlabs)\n")


def test_a_layout_that_cannot_express_the_network_is_one_line(tiny: Path, folder: Path) -> None:
    result = run_command(["generators", "convert", tiny, "copy.pt"])

    assert_failed(result, 1, "copy.pt: the rosinality layout cannot express")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"text"], ids=["absent", "empty", "text"])
def test_a_source_that_is_no_checkpoint_is_one_line(folder: Path, content: bytes | None) -> None:
    if content is not None:
        Path("bad.pt").write_bytes(content)

    result = run_command(["generators", "convert", "bad.pt", "copy.safetensors"])

    assert result.exit_code in (1, 3)
    assert_failed(result, result.exit_code, "bad.pt")
    assert not Path("copy.safetensors").exists()


# fetch


@pytest.fixture
def address(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the tiny checkpoint on a server of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(tiny.read_bytes())

        def log_message(self, format: str, *args: object) -> None: ...

    monkeypatch.setenv("NO_PROXY", "*")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/tiny.safetensors"
    server.shutdown()
    thread.join()
    server.server_close()


def test_without_accepting_the_licence_nothing_is_fetched(tmp_path: Path) -> None:
    result = run_command(["generators", "fetch", "ffhq-1024"])

    assert_failed(result, 3, "under the licence LicenseRef-NVIDIA-Source-Code-NC; read it there")
    assert "https://" in result.stderr
    assert not (tmp_path / "cache").exists()


def test_without_a_hash_nothing_is_fetched(address: str, tmp_path: Path) -> None:
    result = run_command(["generators", "fetch", "mine", "--url", address, "--accept-licence"])

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[0] == f"fetching {address}"
    assert "pass the publisher's with --sha256, or --trust" in result.stderr


@pytest.mark.parametrize("proof", ["--sha256", "--trust"])
def test_a_fetched_generator_can_be_used_by_its_name(
    tiny: Path, address: str, tmp_path: Path, proof: str
) -> None:
    proofs = [proof]
    if proof == "--sha256":
        proofs.append(hashlib.sha256(tiny.read_bytes()).hexdigest())

    fetched = run_command(
        ["generators", "fetch", "mine", "--url", address, "--accept-licence", *proofs]
    )

    described = run_command(["generators", "info", "mine", "--json"])
    assert (fetched.exit_code, fetched.stderr) == (0, f"fetching {address}\n")
    assert fetched.stdout == f"{tmp_path / 'cache' / 'mine.safetensors'}\n"
    assert json.loads(described.stdout)["fingerprint"] == load_generator(tiny).info.fingerprint


def test_fetching_again_checks_the_recorded_hash(address: str, tmp_path: Path) -> None:
    arguments = ["generators", "fetch", "mine", "--url", address, "--accept-licence"]
    run_command([*arguments, "--trust"])
    (tmp_path / "cache" / "mine.safetensors").write_bytes(b"changed")

    again = run_command(arguments)

    assert again.exit_code == 0
    assert load_generator("mine").info.name == "tiny"


def test_a_wrong_hash_keeps_nothing(address: str, tmp_path: Path) -> None:
    result = run_command(
        ["generators", "fetch", "mine", "--url", address, "--accept-licence", "--sha256", "0" * 64]
    )

    assert (result.exit_code, result.stdout) == (1, "")
    assert "its sha256 differs" in result.stderr
    assert [item.name for item in (tmp_path / "cache").iterdir()] == []
