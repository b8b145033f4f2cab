"""Weights that are fetched together, that a user has already, and that are taken without being told."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch.nn import functional

import dynode
from dynode import models
from dynode.errors import (
    CorruptCheckpointError,
    MissingWeightsError,
    UnlikePictureError,
    UsageError,
)
from dynode.models import ModelSet, known
from dynode.stylegan2.checkpoints.rosinality import generator_entries
from dynode.testing import run_command, tiny_generator
from dynode_encoders.config import EncoderConfig
from dynode_encoders.network import Encoder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("DYNODE_MODELS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two files as publishers name them."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "ViT-B-32.pt").write_bytes(b"text" * 100)
    (folder / "backbone-0123.pth").write_bytes(b"pictures" * 100)
    return folder


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def mirror(files: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(files)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def catalogue(files: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two weights, one of which is known by the beginning of its hash, and a set of both."""
    told: dict[str, Any] = {
        "model": [
            {
                "name": "text",
                "kind": "text encoder",
                "purpose": "tiny",
                "domain": "any picture",
                "url": "https://nowhere.invalid/abc/ViT-B-32.pt",
                "licence": "MIT",
                "sha256": sha256(files / "ViT-B-32.pt"),
                "megabytes": 3,
            },
            {
                "name": "pictures",
                "kind": "backbone",
                "purpose": "lpips",
                "domain": "any picture",
                "file": "backbone-0123.pth",
                "url": "https://nowhere.invalid/download?id=7",
                "licence": "BSD-3-Clause",
                "sha256": sha256(files / "backbone-0123.pth")[:8],
            },
        ],
        "set": [
            {"name": "both", "about": "a job", "models": ["text", "pictures"], "also": "and pip"}
        ],
    }
    monkeypatch.setattr(known, "_catalogue", lambda: told)
    return told


def test_what_is_published_is_described_whole() -> None:
    names = models.known_models()

    assert len(names) >= 10
    for model in names.values():
        assert model.url.startswith("https://")
        assert model.licence not in ("", "unknown")
        assert model.kind in ("generator", "text encoder", "backbone", "face detector")
        assert Path(model.filename).suffix in (".pkl", ".pt", ".pth", ".task")
        assert re.fullmatch(r"([0-9a-f]{64}|[0-9a-f]{8})?", model.sha256)
        if len(model.sha256) == 64:  # a publisher who gives one has it in the address
            assert model.sha256 in model.url
    for each in models.model_sets().values():
        assert isinstance(each, ModelSet)
        assert set(each.models) <= set(names)


def test_a_set_is_fetched_from_a_mirror_and_taken_up(
    catalogue: object, mirror: str, cache: Path
) -> None:
    result = run_command(["models", "fetch", "both", "--accept-licence", "--mirror", mirror])

    assert result.exit_code == 0, result.stderr
    assert result.stdout.split() == [str(cache / "text.pt"), str(cache / "pictures.pth")]
    assert result.stderr.splitlines()[-1] == "and pip"
    assert models.weights_for("text encoder", "tiny") == cache / "text.pt"
    assert models.weights_for("backbone", "lpips") == cache / "pictures.pth"
    assert models.weights_for("backbone", "another") is None
    listed = json.loads(run_command(["models", "list", "--json"]).stdout)
    assert "nowhere.invalid" in listed["models"][0]["address"]  # the publisher's, not the mirror's
    assert [row["path"] != "" for row in listed["models"]] == [True, True]


def test_licences_and_sizes_are_told_before_anything_is_fetched(
    catalogue: object, cache: Path
) -> None:
    result = run_command(["models", "fetch", "both"])

    assert result.exit_code == 3
    told = (
        "text (3 MB, https://nowhere.invalid/abc/ViT-B-32.pt) under MIT; pictures (size unknown, "
    )
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert not cache.exists()


@pytest.mark.parametrize("name", ["ViT-B-32.pt", "backbone-0123.pth"])
def test_another_file_than_published_is_not_kept(
    catalogue: object, files: Path, mirror: str, cache: Path, name: str
) -> None:
    (files / name).write_bytes(b"something else")

    result = run_command(["models", "fetch", "both", "--accept-licence", "--mirror", mirror])

    assert result.exit_code == 1
    assert "its sha256 differs from" in result.stderr
    assert not [path for path in cache.glob("*.pt*") if path.read_bytes() == b"something else"]


def test_what_a_user_has_is_recognised(catalogue: object, files: Path, cache: Path) -> None:
    renamed = (files / "ViT-B-32.pt").rename(files / "mine.bin")
    by_hash = run_command(["models", "add", str(renamed)])
    by_name = run_command(["models", "add", str(files / "backbone-0123.pth"), "--json"])

    assert (by_hash.exit_code, by_hash.stderr) == (0, "mine.bin is text\n")
    assert by_hash.stdout == f"{cache / 'text.pt'}\n"
    assert json.loads(by_name.stdout) == {"name": "pictures", "output": str(cache / "pictures.pth")}
    assert renamed.read_bytes() == (cache / "text.pt").read_bytes()


def test_what_a_user_has_is_checked(catalogue: dict[str, Any], files: Path) -> None:
    stranger = files / "stranger.pt"
    stranger.write_bytes(b"?")
    result = run_command(["models", "add", str(stranger)])
    assert (result.exit_code, "say what it is with --as NAME" in result.stderr) == (2, True)

    with pytest.raises(CorruptCheckpointError, match=r"stranger.pt is not text: its sha256"):
        models.add(stranger, "text")
    with pytest.raises(MissingWeightsError, match="check the path"):
        models.add(files / "absent.pt")
    catalogue["model"].append(
        {
            "name": "net",
            "url": "https://nowhere.invalid/net.pkl",
            "licence": "MIT",
            "domain": "cats",
        }
    )
    with pytest.raises(dynode.DynodeError, match=r"stranger.pt"):
        models.add(stranger, "net")


def test_a_folder_of_ones_own_comes_first(
    catalogue: object, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_MODELS", str(files))

    assert models.weights_for("text encoder") == files / "ViT-B-32.pt"
    assert models.weights_for("backbone") == files / "backbone-0123.pth"

    monkeypatch.setenv("DYNODE_MODELS", str(files / "absent"))
    with pytest.raises(UsageError, match="DYNODE_MODELS is .* which is no folder"):
        models.weights_for("backbone")


@pytest.fixture
def one_file(tmp_path: Path) -> Path:
    """A generator and its encoder in one file, as published encoders are."""
    network = tiny_generator(32, w_dim=32, channels=8).network
    state = dict(network.state_dict())
    held = {
        f"decoder.{entry.key}": state[name].reshape(entry.shape)
        for name, entry in generator_entries(network.config).items()
        if name in state and entry.key != "latent_avg"
    }
    config = EncoderConfig(
        "Encoder4Editing", rows=8, w_dim=32, widths=(8, 16, 24, 32), units=(1,) * 4, head_width=32
    )
    held |= {f"encoder.{key}": part for key, part in Encoder(config).state_dict().items()}
    options = {"encoder_type": "Encoder4Editing", "output_size": 32}
    path = tmp_path / "net_encode.pt"
    torch.save({"state_dict": held, "latent_avg": torch.zeros(8, 32), "opts": options}, path)
    return path


@pytest.mark.installed_plugins
def test_pictures_are_inverted_by_the_encoder_in_the_generators_file(
    catalogue: dict[str, Any], one_file: Path, tmp_path: Path
) -> None:
    told = {
        "purpose": "e4e",
        "file": one_file.name,
        "url": "https://nowhere.invalid/n",
        "licence": "MIT",
    }
    catalogue["model"].append({"name": "net", "domain": "cats", **told})
    models.add(one_file)
    generator = dynode.load_generator("net")
    picture = functional.interpolate(torch.rand(1, 3, 8, 8) * 2 - 1, (32, 32))

    found = dynode.invert(picture, generator)

    named = dynode.invert(picture, generator, inverter="e4e", weights=one_file)
    assert torch.equal(found.latents.w, named.latents.w)
    with pytest.raises(MissingWeightsError):  # without the catalogue's word nothing is guessed
        dynode.invert(picture, dynode.load_generator(one_file), inverter="e4e")


@pytest.mark.installed_plugins
def test_a_photograph_goes_to_the_generator_that_was_fetched_for_photographs(
    catalogue: dict[str, Any], one_file: Path, tmp_path: Path
) -> None:
    """The bundled generator turns a picture of noise away; a generator that was named stays."""
    Image.effect_noise((128, 128), 90).convert("RGB").save(tmp_path / "photo.png")
    told = {"file": one_file.name, "url": "https://nowhere.invalid/n", "licence": "MIT"}
    catalogue["model"].append({"name": "net", "domain": "cats", "purpose": "e4e", **told})
    catalogue["set"][0]["draws"] = "net"
    source = tmp_path / "photo.png"
    with pytest.raises(UnlikePictureError, match="no.* portrait of this generator's world"):
        dynode.edit(source, plugin="sefa", crop_only=True)
    models.add(one_file)

    with pytest.warns(UserWarning, match="net is used, as with --generator net"):
        result = dynode.edit(source, plugin="sefa", count=1, crop_only=True)

    assert result.generator.info.name == "net"
    with pytest.raises(UnlikePictureError):
        dynode.edit(source, plugin="sefa", crop_only=True, generator="facets")


@pytest.mark.installed_plugins
def test_a_fetched_text_model_serves_generators_that_have_none(
    catalogue: object, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is loaded with its architecture, from its file: what is in the file is no model here."""
    from dynode.plugins import registry
    from dynode.text import load_text_model

    info = tiny_generator(16, w_dim=32, channels=8).info
    with pytest.raises(MissingWeightsError, match="dynode models fetch clip-vit-b-32"):
        load_text_model(info, device="cpu")
    models.add(files / "ViT-B-32.pt")
    asked = {}
    clip = registry().text_encoders["clip"]
    monkeypatch.setattr(
        type(clip), "load", lambda self, device, **given: asked.update(given) or "model"
    )

    assert load_text_model(info, device="cpu") == "model"

    kept = models.known_models()["text"]
    assert asked == {"weights": models.present(kept), "architecture": "tiny"}


def test_a_name_is_spelled_as_it_is(catalogue: object) -> None:
    result = run_command(["models", "info", "bth"])

    assert result.exit_code == 2
    assert "unknown published weights or set 'bth'; did you mean 'both'?" in result.stderr
    result = run_command(
        ["models", "fetch", "a", "--url", "https://x.y/a.pt", "--mirror", "https://z"]
    )
    assert "--url and --mirror both say where the file is" in result.stderr
    result = run_command(["models", "fetch", "both", "--sha256", "0" * 64])
    assert "--sha256 is of one file, and both is a set" in result.stderr
