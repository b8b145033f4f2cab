"""A world in which every frame can be inverted: the tiny generator and an inverter that reads levels."""

from __future__ import annotations

import types
from dataclasses import dataclass

import pytest
import torch

import dynode
from dynode import plugins
from dynode.errors import MediaError
from dynode.latents.latents import Latents
from dynode.testing import tiny_generator


@dataclass(frozen=True)
class LevelOptions:
    gain: float = dynode.option(1.0, help="Factor of the code.")


class LevelInverter(dynode.Inverter):
    """Codes along one line, by the mean level of the picture; black frames are refused."""

    name = "level"
    options = LevelOptions

    def __init__(self) -> None:
        self.frames = 0
        self.fails_after: int | None = None

    def invert(self, generator, images, options, *, seed, progress):
        self.frames += len(images)
        if self.fails_after is not None and self.frames > self.fails_after:
            raise RuntimeError("killed")
        level = images.mean((1, 2, 3))
        if bool((level < -0.99).any()):
            raise MediaError("no face in the picture; use one with a face")
        size = (generator.info.num_layers, generator.info.w_dim)
        line = torch.linspace(-1, 1, size[0] * size[1]).reshape(size)
        return Latents(generator.mean_w + options.gain * level.reshape(-1, 1, 1) * line)


@pytest.fixture
def inverter(monkeypatch, tmp_path) -> LevelInverter:
    """The registered inverter, with an empty cache."""
    level = LevelInverter()
    module = types.ModuleType("dynode_level")

    @dynode.hookimpl
    def register_inverters(register) -> None:
        register(level)

    module.register_inverters = register_inverters
    plugins.registry().register(module, "tests")
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    return level


@pytest.fixture(scope="session")
def generator():
    return tiny_generator()
