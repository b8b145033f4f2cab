"""The bundled models of landscapes: what they read, and that they are taken unnamed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import dynode
from dynode.errors import MediaError
from dynode.files import load_tensors
from dynode.generator import Generator, draw_population
from dynode.plugins.methods import silent
from dynode.scoring import score_latents
from dynode.text import check_text
from dynode_clip.model import OpenClipModel
from dynode_facets.evaluation import held_out as portraits
from dynode_facets.plugin import FacetsInverter
from dynode_skies.bundled import load_generator, weights_path
from dynode_skies.evaluation import CONTRASTS, correlations, embedded, held_out, scores, zero_shot
from dynode_skies.factors import FACTOR_NAMES
from dynode_skies.plugin import LandscapeOptions, SkiesGenerator, SkiesInverter, SkiesScorer
from dynode_skies.scorer import load_scorer
from dynode_skies.text import load_clip
from dynode_skies.training.clip import ClipRecipe, train_clip
from dynode_skies.training.micromotions import MOTIONS
from dynode_skies.world import SKIES
from dynode_worlds.inverter import EncoderOptions
from dynode_worlds.readings import SEED, TRUNCATION

LARGEST = 20_000_000  # bytes, of all of skies together


@pytest.fixture(scope="module")
def generator() -> Generator:
    return load_generator("cpu")


@pytest.fixture(scope="module")
def model() -> OpenClipModel:
    return load_clip("cpu")


@pytest.fixture(scope="module")
def landscapes() -> tuple[Tensor, Tensor]:
    return held_out(128, seed=7, resolution=64)


def test_the_scorer_reads_what_is_asked_of_it(landscapes: tuple[Tensor, Tensor]) -> None:
    images, factors = landscapes

    found = correlations(scores(load_scorer(), images), factors)

    # 0.957 to 0.988 on 384 renders; of 128, a correlation of 0.957 is uncertain by 0.008.
    assert min(found[name] for name in SkiesScorer.texts) >= 0.93, found


def test_prompts_tell_the_ends_of_factors_apart(
    model: OpenClipModel, landscapes: tuple[Tensor, Tensor]
) -> None:
    images, factors = landscapes

    found = zero_shot(model, embedded(model, images), factors)

    # All at 0.964 or better on 384 renders; of a quarter of 128, one in 32 may be wrong here and there.
    assert sum(value >= 0.95 for value in found.values()) >= 15, found
    assert min(found.values()) >= 0.9, found


def test_every_prompt_of_the_evaluation_is_understood(model: OpenClipModel) -> None:
    for contrast in CONTRASTS:  # warnings are errors here
        assert check_text(model, contrast.high) == contrast.high
        assert check_text(model, contrast.low) == contrast.low


def test_all_weights_together_are_small() -> None:
    files = [*weights_path("generator").parent.iterdir(), *SkiesGenerator.directions.iterdir()]

    assert sum(file.stat().st_size for file in files) <= LARGEST


@pytest.mark.parametrize("name", MOTIONS)
def test_a_ready_micromotion_moves_a_landscape_it_was_not_found_on(
    name: str, generator: Generator
) -> None:
    motion = dynode.load_direction(SkiesGenerator.directions / f"{name}.micromotion.safetensors")
    assert isinstance(motion, dynode.PathDirection)
    motion.check(generator.info)
    column, sign = FACTOR_NAMES.index(MOTIONS[name].factor), motion.info.calibration.effect

    scene = generator.sample(1, seed=4711, truncation=0.7)
    read = score_latents(load_scorer(), generator, motion.along(scene, torch.linspace(0, 1, 3)))

    steps = read[:, column].diff() * (1 if sign > 0 else -1)
    assert bool((steps > 0).all())


def test_the_readings_are_what_is_measured(generator: Generator) -> None:
    codes = draw_population(generator, 2, seed=SEED, truncation=TRUNCATION).latents

    kept = SkiesScorer().known_scores(generator.info, seed=SEED, truncation=TRUNCATION)

    assert kept is not None and len(kept) == 5000
    measured = score_latents(load_scorer(), generator, codes)
    # Half precision keeps readings of up to 4 to 0.002.
    torch.testing.assert_close(kept[:2], measured, rtol=0, atol=2.5e-3)


def test_what_is_said_of_the_scorer_names_factors() -> None:
    assert set(SkiesScorer.texts) <= set(FACTOR_NAMES)
    assert set(SkiesScorer.identity) <= set(FACTOR_NAMES)


@pytest.mark.installed_plugins
def test_every_model_is_taken_unnamed(generator: Generator) -> None:
    from dynode.pipeline.choosing import choose_inverter
    from dynode.scoring import find_scorer
    from dynode.text import neutral_text

    assert choose_inverter(generator, None).name == "skies-encoder"
    assert find_scorer(generator.info).name == "skies-scorer"
    assert neutral_text(generator.info.domain) == "a landscape"


def test_contrasts_are_asked_where_they_show() -> None:
    contrast = next(one for one in CONTRASTS if one.factor == "aurora")
    factors = torch.zeros(2, len(FACTOR_NAMES))
    factors[1, FACTOR_NAMES.index("night")] = 0.9

    assert contrast.shown(SKIES, factors).tolist() == [False, True]


def test_the_truth_behind_the_generator_is_the_world() -> None:
    info = load_generator("cpu").info

    truth = SkiesScorer().truth(info)

    assert truth is not None
    factors = truth.people(2, seed=0)
    codes = truth.codes(factors)
    torch.testing.assert_close(SKIES.codes.factors_of(codes), factors, atol=1e-4, rtol=0)
    assert truth.clips(1, torch.tensor([0.0, 1.0]), seed=0).shape == (1, 2, len(FACTOR_NAMES))


def test_landscapes_are_drawn_again(generator: Generator) -> None:
    images, _ = held_out(2, seed=7)

    codes = SkiesInverter().invert(generator, images, LandscapeOptions(), seed=0, progress=silent)

    with torch.no_grad():
        error = (generator.synthesize(codes).clamp(-1, 1) - images).square().mean((1, 2, 3))
    assert float((10 * torch.log10(4 / error)).mean()) >= 30  # 31.7 over 16, of 1.6 dB deviation


@pytest.mark.installed_plugins
def test_a_portrait_is_told_from_a_landscape_and_sent_to_its_world(generator: Generator) -> None:
    face = portraits(1, seed=3)[0]
    invert = SkiesInverter().invert

    with pytest.raises(MediaError, match=r"not a landscape .* a portrait .*--generator facets"):
        invert(generator, face, LandscapeOptions(), seed=0, progress=silent)


@pytest.mark.installed_plugins
def test_a_landscape_is_told_from_a_portrait_and_sent_to_its_world() -> None:
    scene = held_out(1, seed=3)[0]
    faces = dynode.load_generator("facets-128")

    with pytest.raises(MediaError, match=r"not a portrait .* a landscape .*--generator skies"):
        FacetsInverter().invert(faces, scene, EncoderOptions(), seed=0, progress=silent)


def test_what_is_no_picture_of_any_world_is_refused_with_advice(generator: Generator) -> None:
    noise = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1

    with pytest.raises(MediaError, match="use a picture from 'dynode skies render'"):
        SkiesInverter().invert(generator, noise, LandscapeOptions(), seed=0, progress=silent)


def test_a_run_of_a_reading_tower_that_was_stopped_ends_like_one_that_was_not(
    tmp_path: Path,
) -> None:
    tiny = ClipRecipe(
        steps=3, batch=4, captions=4, pictures=16, sentences=16, synthesized=0.0, width=4
    )

    train_clip(tmp_path / "a.safetensors", tiny, folder=tmp_path / "a")
    train_clip(tmp_path / "b.safetensors", tiny, folder=tmp_path / "b", until=2)
    train_clip(tmp_path / "b.safetensors", tiny, folder=tmp_path / "b", force=True)

    first, second = (load_tensors(tmp_path / f"{name}.safetensors")[0] for name in "ab")
    assert all(torch.equal(first[name], second[name]) for name in first)
    again = load_clip(weights=tmp_path / "a.safetensors")
    # Rows of an isometry, of halves: a place is of unit length to a thousandth.
    lengths = again.network.encode_image(torch.zeros(1, 3, 64, 64)).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(1), rtol=0, atol=2e-3)
