"""The bundled models of landscapes: what they read, and that they are taken unnamed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode_skies.bundled import load_generator, weights_path
from dynode_skies.evaluation import CONTRASTS, correlations, held_out, scores
from dynode_skies.factors import FACTOR_NAMES
from dynode_skies.plugin import SkiesGenerator, SkiesScorer
from dynode_skies.scorer import load_scorer
from dynode_skies.world import SKIES

LARGEST = 20_000_000  # bytes, of all of skies together


@pytest.fixture(scope="module")
def landscapes() -> tuple[Tensor, Tensor]:
    return held_out(128, seed=7, resolution=64)


def test_the_scorer_reads_what_is_asked_of_it(landscapes: tuple[Tensor, Tensor]) -> None:
    images, factors = landscapes

    found = correlations(scores(load_scorer(), images), factors)

    # 0.957 to 0.988 on 384 renders; of 128, a correlation of 0.957 is uncertain by 0.008.
    assert min(found[name] for name in SkiesScorer.texts) >= 0.93, found


def test_all_weights_together_are_small() -> None:
    files = [*weights_path("generator").parent.iterdir(), *SkiesGenerator.directions.iterdir()]

    assert sum(file.stat().st_size for file in files) <= LARGEST


def test_what_is_said_of_the_scorer_names_factors() -> None:
    assert set(SkiesScorer.texts) <= set(FACTOR_NAMES)
    assert set(SkiesScorer.identity) <= set(FACTOR_NAMES)


@pytest.mark.installed_plugins
def test_the_scorer_is_taken_unnamed() -> None:
    from dynode.scoring import find_scorer

    assert find_scorer(load_generator("cpu").info).name == "skies-scorer"


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
