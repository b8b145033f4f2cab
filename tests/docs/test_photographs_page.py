"""Every command of the page about photographs runs, with stand-ins for generator, inverter and detector."""

from __future__ import annotations

import re
import shlex
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import dynode
from dynode.direction.linear import LinearDirection
from dynode.latents.latents import Latents
from dynode.plugins import registry
from dynode.testing import run_command, tiny_generator, write_tiny_generator

PAGE = (
    (Path(__file__).parents[2] / "docs" / "howto" / "photographs.md")
    .read_text()
    .replace("\\\n", " ")
)
# What is fetched is fetched from a server of the tests, in tests/models/test_sets.py.
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in re.findall(r"^dynode .*$", block, re.MULTILINE)
]
FACE = np.array([(-10.0, -8.0), (10.0, -8.0), (0.0, 0.0), (-7.0, 10.0), (7.0, 10.0)])


class Finder:
    """Two faces wherever it looks."""

    def __call__(self, pixels: np.ndarray, /) -> list[np.ndarray]:
        return [FACE + (60.0, 64.0), FACE * 0.9 + (180.0, 64.0)]

    def describe(self, pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
        return np.array([1.0, float(pixels.mean()) / 255])


class StandIn(dynode.FaceDetector):
    """Has the name of dlib's."""

    name = "dlib"
    summary = "two faces"

    def load(self, model: Path | None = None) -> Any:
        return Finder()


class MeanInverter(dynode.Inverter):
    """Takes every picture for the mean face."""

    name = "mean"

    def invert(self, generator, images, options, *, seed, progress):  # type: ignore[no-untyped-def]
        return Latents(generator.mean_w.expand(len(images), generator.info.num_layers, -1).clone())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNODE_DEVICE", "cpu")
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    module = types.ModuleType("dynode_stand_ins")

    @dynode.hookimpl
    def register_face_detectors(register: Any) -> None:
        register(StandIn())

    @dynode.hookimpl
    def register_inverters(register: Any) -> None:
        register(MeanInverter())

    module.register_face_detectors = register_face_detectors  # type: ignore[attr-defined]
    module.register_inverters = register_inverters  # type: ignore[attr-defined]
    registry().register(module, "tests")
    write_tiny_generator("ffhq.safetensors", tiny_generator())
    LinearDirection(torch.ones(64)).save("smile.safetensors")
    for name in ("photo.png", "group.png"):
        Image.new("RGB", (240, 128), (120, 110, 100)).save(name)
    return tmp_path


@pytest.mark.parametrize("line", COMMANDS, ids=range(len(COMMANDS)))
def test_a_command_of_the_page_runs(line: str, folder: Path) -> None:
    words = shlex.split(line)[1:]

    result = run_command(words)

    assert result.exit_code == 0, result.stderr
    if "-o" in words:
        with Image.open(words[words.index("-o") + 1]) as written:
            assert written.size == ((66, 32) if "--crop-only" in words else (240, 128))
