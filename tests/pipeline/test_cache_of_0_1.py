"""A cache folder that dynode 0.1 filled: its codes are files one can read, and it is in nobody's way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.latents import Latents
from dynode.testing import run_command, tiny_generator, write_tiny_generator

LEVELS = (100, 180)  # grey levels of the two pictures that 0.1 inverted


@pytest.fixture
def cache(tmp_path: Path, inverter: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, with the pictures and the generator beside it."""
    folder = tmp_path / "cache"
    shutil.copytree(Path(__file__).parent / "cache_0_1", folder)
    monkeypatch.chdir(tmp_path)
    write_tiny_generator("g.safetensors", tiny_generator(16, w_dim=8, channels=5))
    for index, level in enumerate(LEVELS):
        Image.fromarray(np.full((16, 16, 3), level, np.uint8)).save(f"{index}.png")
    return folder


def entries(cache: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in cache.rglob("*.safetensors")}


def test_its_codes_are_read(cache: Path) -> None:
    generator = dynode.load_generator("g.safetensors")

    found = [Latents.load(path, fingerprint=generator.info.fingerprint) for path in entries(cache)]

    expected = [generator.mean_w + (level / 127.5 - 1) * line(generator) for level in LEVELS]
    for codes in found:
        # One of both; the file names are hashes.
        assert min(float((codes.w[0] - wanted).abs().max()) for wanted in expected) < 1e-5


def line(generator: dynode.Generator) -> torch.Tensor:
    """What the inverter of the test moves the mean code along."""
    rows, width = generator.info.num_layers, generator.info.w_dim
    return torch.linspace(-1, 1, rows * width).reshape(rows, width)


def test_an_edit_takes_its_codes_as_a_source(cache: Path) -> None:
    dynode.LinearDirection(torch.ones(8)).save("up.safetensors")
    source = sorted(entries(cache))[0]

    result = run_command(
        ["edit", source, "--direction", "up.safetensors", "--generator", "g.safetensors"]
    )

    assert (result.exit_code, result.stderr.count("error")) == (0, 0)


def test_pictures_are_inverted_anew_beside_them_and_the_old_files_stay(cache: Path) -> None:
    before = entries(cache)

    found = dynode.invert("0.png", "g.safetensors", inverter="level")

    after = entries(cache)
    assert {path: after[path] for path in before} == before
    assert len(after) == len(before) + 1  # codes count the version of dynode
    old = [Latents.load(path).w for path in before]
    assert min(float((found.latents.w - w).abs().max()) for w in old) < 1e-5


def test_they_are_told_and_cleared_as_codes(cache: Path) -> None:
    told = json.loads(run_command(["cache", "info", "--json"]).stdout)

    cleared = run_command(["cache", "clear", "codes"])

    assert {part["name"]: part["files"] for part in told["parts"]} == {"codes": 2}
    assert cleared.exit_code == 0
    assert entries(cache) == {}
