"""Every method and inverter of dynode finds in bf16 what it finds in float32."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode.direction import Direction
from dynode.generator import DrawsInPrecisions, Generator
from dynode.plugins import DirectionMethod, Inverter, Registry
from dynode.testing.direction_trial import DirectionTrial
from dynode.testing.inverter_checks import InverterTrial
from dynode.testing.plugin_check import NotApplicable
from dynode.testing.trial import parts, small


def shipped() -> Registry:
    """What dynode's own plugins register."""
    document = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    registry = Registry()
    for module in document["project"]["entry-points"]["dynode"].values():
        registry.register(importlib.import_module(module), module)
    return registry


METHODS: dict[str, DirectionMethod] = {each.name: each for each in shipped().directions}
INVERTERS: dict[str, Inverter] = {each.name: each for each in shipped().inverters}
# Pictures of the tiny generators differ by a hundredth of their deviation in bf16 (8 significant bits);
# a direction follows by as much of its length, 1e-4 of its cosine; optimisers amplify it, so ten times that.
NEAREST = 1 - 1e-3
# Root mean square of what a picture may be missed by more, of a range of 2: the same hundredth.
FURTHER = 0.01

pytestmark = pytest.mark.installed_plugins


def low(generator: Generator) -> Generator:
    assert isinstance(generator, DrawsInPrecisions)
    return generator.in_precision("bf16")


def effect(direction: Direction) -> Tensor:
    """All that strength 1 changes, in one vector."""
    generator = small()
    latents = generator.sample(2, seed=5)
    before = parts(latents)
    after = parts(direction.ready_for(generator).apply(latents, 1.0))
    return torch.cat([(after[n] - before.get(n, 0)).flatten() for n in sorted(after)]).detach()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_finds_in_bf16_what_it_finds_in_float32(name: str) -> None:
    trial = DirectionTrial(METHODS[name], {})

    expected, found = trial.find(small()), trial.find(low(small()))

    alike = [
        float(torch.cosine_similarity(effect(one), effect(other), dim=0))
        for one, other in zip(expected, found, strict=True)
    ]
    assert min(alike) >= NEAREST
    assert {p.dtype for each in found for p in each.parts().values()} <= {torch.float32}


@pytest.mark.parametrize("name", INVERTERS)
def test_an_inverter_finds_codes_as_good_in_bf16(name: str) -> None:
    trial = InverterTrial(INVERTERS[name], {})
    try:
        images, generator = trial.images, trial.generator
    except NotApplicable as reason:
        pytest.skip(str(reason))

    def missed_by(drawing: Generator) -> float:
        found = trial.invert(images, generator=drawing)
        assert found.dtype == torch.float32
        with torch.no_grad():
            return float((generator.synthesize(found) - images).square().mean().sqrt())

    assert missed_by(low(generator)) <= missed_by(generator) + FURTHER
