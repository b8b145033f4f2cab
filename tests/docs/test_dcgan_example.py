"""The example with a pretrained network that is no StyleGAN2, where its package is installed."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

import dynode
from dynode.plugins import Registry
from dynode.testing import checks_for

from .conftest import ROOT

needs_the_package = pytest.mark.skipif(
    importlib.util.find_spec("gan_face_generate") is None,
    reason="gan-face-generate is not installed; pip install --no-deps gan-face-generate",
)


@pytest.fixture
def example() -> ModuleType:
    file = ROOT / "examples" / "dcgan" / "dynode_dcgan.py"
    spec = importlib.util.spec_from_file_location("dynode_dcgan", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_the_package_it_is_said(
    example: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example, "PACKAGE", "gan_face_generate_that_is_absent")

    with pytest.raises(dynode.DynodeError, match="pip install gan-face-generate"):
        example.Faces().load("cpu")


@needs_the_package
def test_it_keeps_the_promises_of_a_generator_that_apply(example: ModuleType) -> None:
    quick = ("metadata", "range", "info", "sampling", "truncation", "noise", "weight", "seed")

    checks = [one for one in checks_for(example.Faces()) if any(word in one.id for word in quick)]
    outcomes = {check.id: check.outcome() for check in checks}

    assert len(outcomes) >= 10
    assert {name: o.message for name, o in outcomes.items() if o.status == "failed"} == {}


@needs_the_package
def test_a_direction_of_it_moves_faces(example: ModuleType, small_world: Registry) -> None:
    generator = example.Faces().load("cpu")

    direction = dynode.find("ganspace", generator, count=1, samples=200, several=False)

    latents = generator.sample(2, seed=0)
    moved = generator.synthesize(direction.apply(latents, 3.0))
    change = (moved - generator.synthesize(latents)).abs().mean((1, 2, 3))
    assert bool((change > 0.1).all())  # turned heads: a twentieth of the range and more
    with pytest.raises(dynode.DynodeError, match="no style layers"):
        dynode.find("sefa", generator)
