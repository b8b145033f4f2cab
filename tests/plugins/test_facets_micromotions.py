"""The ready micromotions of the bundled generator: found by name, made by their recipe, at work."""

from __future__ import annotations

import pytest
import torch

import dynode
from dynode import PathDirection
from dynode.generator.protocol import Generator
from dynode.pipeline.library import motion_path
from dynode.plugins.loaded import ScorerModel
from dynode.scoring import ChosenScorer
from dynode.scoring.effects import score_latents
from dynode.testing import tiny_generator
from dynode_facets.bundled import load_generator
from dynode_facets.plugin import FacetsGenerator
from dynode_facets.scorer import load_scorer
from dynode_facets.training.micromotions import MOTIONS, MicromotionRecipe, make_micromotions

LARGEST = 150_000  # bytes


@pytest.fixture(scope="module")
def generator() -> Generator:
    return load_generator("cpu")


@pytest.fixture(scope="module")
def scorer() -> ScorerModel:
    return load_scorer("cpu")


def ready(name: str) -> PathDirection:
    assert FacetsGenerator.directions is not None
    found = dynode.load_direction(FacetsGenerator.directions / f"{name}.micromotion.safetensors")
    assert isinstance(found, PathDirection)
    return found


@pytest.mark.installed_plugins
@pytest.mark.parametrize("name", MOTIONS)
def test_a_ready_micromotion_is_found_by_name(name: str) -> None:
    path = motion_path(name)

    assert path.name == f"{name}.micromotion.safetensors"
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize("name", MOTIONS)
def test_a_ready_micromotion_is_that_of_the_recipe(name: str, generator: Generator) -> None:
    told = ready(name).info

    ready(name).check(generator.info)
    assert (told.name, told.method, told.seed) == (name, "micromotion", MicromotionRecipe().seed)
    assert told.options["text"] == MOTIONS[name].text
    assert told.options["face"] == MicromotionRecipe().face
    assert told.calibration.attribute == MOTIONS[name].factor
    assert abs(told.calibration.effect) == pytest.approx(MicromotionRecipe().effect, abs=0.4)
    assert told.licence == "Apache-2.0"


@pytest.mark.parametrize("name", MOTIONS)
def test_a_ready_micromotion_moves_faces_it_was_not_found_on_steadily(
    name: str, generator: Generator, scorer: ScorerModel
) -> None:
    motion, column = ready(name), scorer.attributes.index(MOTIONS[name].factor)
    faces = generator.sample(6, seed=4711, truncation=0.7)
    progress = torch.linspace(0, 1, 5)

    codes = [motion.along(faces[index], progress) for index in range(len(faces))]

    scores = score_latents(scorer, generator, dynode.Latents.cat(codes))
    path = scores[:, column].reshape(len(faces), len(progress)).mean(0)
    steps = path.diff() * (1 if motion.info.calibration.effect > 0 else -1)
    assert bool((steps > 0).all())
    deviations = float(steps.sum()) / scorer.deviations[column]
    assert deviations > 0.8  # of 1.5 measured on 64 faces; these are six others


def test_the_recipe_writes_every_motion_and_leaves_those_that_are_there(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dynode_worlds.training import micromotions

    tiny = tiny_generator(16, w_dim=8, channels=4)
    made: list[str] = []

    def quick(name, ready, generator, scorer, recipe, progress):
        made.append(name)
        progress(1, 1)
        return dynode.LinearDirection(torch.ones(8)).with_info(name=name)

    monkeypatch.setattr(micromotions, "made_motion", quick)
    (tmp_path / "angry.micromotion.safetensors").write_bytes(b"mine")

    make_micromotions(tmp_path, MicromotionRecipe(), folder=tmp_path, generator=tiny)

    assert made == [name for name in MOTIONS if name != "angry"]
    assert (tmp_path / "angry.micromotion.safetensors").read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == len(MOTIONS)


@pytest.mark.slow
def test_a_motion_is_scaled_to_the_effect_and_keeps_its_sign(
    generator: Generator, scorer: ScorerModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dynode_worlds.training import micromotions

    monkeypatch.setattr(micromotions, "_PICTURES", 8)
    closing = ready("eyes-closed")

    scaled = micromotions.whole_motion(
        closing, generator, ChosenScorer("facets-scorer", scorer, "eye_open"), 0.7
    )

    assert scaled.info.scale > 0
    assert scaled.info.calibration.effect == pytest.approx(-0.7, abs=0.2)
    assert torch.equal(scaled.delta, closing.delta)  # type: ignore[attr-defined]
