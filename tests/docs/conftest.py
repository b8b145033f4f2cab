"""The bundled world in small: the same names, a tiny generator and no weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import dynode
from dynode import plugins
from dynode.plugins import Registry
from dynode.testing import ColourWords, LinearTruth, PixelScorer, tiny_generator
from dynode.testing.stand_ins import ColourModel

ROOT = Path(__file__).parents[2]
DOMAIN = "facets"


class SmallGenerator(dynode.GeneratorProvider):
    name = "facets-128"
    domain = DOMAIN
    default = True

    def load(self, device: Any) -> Any:
        return tiny_generator(32, w_dim=32, channels=8, name=self.name, domain=DOMAIN).to(device)


class SmallVideo(dynode.GeneratorProvider):
    name = "facets-video"
    domain = DOMAIN

    def load(self, device: Any) -> Any:
        from dynode_stylegan_v.tiny import tiny_moving_generator

        return tiny_moving_generator(SmallGenerator().load(device))


class SmallScorerModel:
    attributes = ("smile", "glasses", "light")
    deviations = (0.1, 0.1, 0.1)

    def score(self, images: torch.Tensor) -> torch.Tensor:
        half = images.shape[-1] // 2
        side = images[..., half:].mean((1, 2, 3)) - images[..., :half].mean((1, 2, 3))
        warm = images[:, 0].mean((1, 2)) - images[:, 2].mean((1, 2))
        return torch.stack([warm, side, images.mean((1, 2, 3))], 1)


class SmallScorer(PixelScorer):
    name = "facets-scorer"
    attributes = SmallScorerModel.attributes
    domains = (DOMAIN,)
    texts = {"smile": "smiling", "glasses": "glasses"}

    def load(self, device: Any) -> Any:
        return SmallScorerModel()

    def truth(self, info: Any) -> Any:
        return LinearTruth(tiny_generator(32, w_dim=32, channels=8, name=info.name, domain=DOMAIN))


class SmallClip(ColourWords):
    name = "facets-clip"
    domains = (DOMAIN,)

    def load(self, device: Any, **given: Any) -> ColourModel:
        return ColourModel()


@dataclass(frozen=True)
class SmallEncoderOptions:
    steps: int = dynode.option(60, help="Steps of refinement.")


class SmallEncoder(dynode.Inverter):
    name = "facets-encoder"
    options = SmallEncoderOptions
    domains = (DOMAIN,)

    def invert(self, generator: Any, images: Any, options: Any, **given: Any) -> Any:
        rows = generator.mean_w.expand(len(images), generator.info.num_layers, -1)
        return dynode.Latents(rows.clone())


@pytest.fixture
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """Direction methods of the distribution, the bundled world in small, an empty folder."""
    from dynode_e4e import plugin as e4e
    from dynode_ganspace import plugin as ganspace
    from dynode_interfacegan import plugin as interfacegan
    from dynode_metrics import plugin as metrics
    from dynode_micromotion import plugin as micromotion
    from dynode_navigan import plugin as navigan
    from dynode_optimize import plugin as optimize
    from dynode_pti import plugin as pti
    from dynode_restyle import plugin as restyle
    from dynode_sefa import plugin as sefa
    from dynode_styleclip import plugin as styleclip

    registry = plugins.registry()
    directions = (ganspace, interfacegan, micromotion, navigan, sefa, styleclip)
    for module in (e4e, metrics, optimize, pti, restyle, *directions):
        registry.register(module, "dynode-gan")
    things = {
        "register_generators": SmallGenerator(),
        "register_scorers": SmallScorer(),
        "register_text_encoders": SmallClip(),
        "register_inverters": SmallEncoder(),
    }
    for hook, thing in [*things.items(), ("register_generators", SmallVideo())]:
        registry.register(_registering(hook, thing), "the bundled world in small")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dynode_bench.dynamics.fit_trajectory", _quick_fit)
    monkeypatch.setenv("DYNODE_CACHE", os.fspath(tmp_path / "cache"))
    monkeypatch.setenv("DYNODE_DEVICE", "cpu")
    monkeypatch.syspath_prepend(ROOT / "examples" / "third_party_plugin")
    yield registry
    sys.modules.pop("dynode_brighten", None)


def _quick_fit(latents: Any, times: Any, *, options: Any, seed: int) -> Any:
    """Fit a trajectory in a few steps: what the lines say is tried, not how well it fits."""
    from dynode.dynamics import fit_trajectory

    return fit_trajectory(
        latents, times, options=replace(options, steps=5, shooting=0, width=8), seed=seed
    )


def _registering(hook: str, thing: object) -> SimpleNamespace:
    def implementation(register: Any) -> None:
        register(thing)

    return SimpleNamespace(**{hook: dynode.hookimpl(implementation)})
