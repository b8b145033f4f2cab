"""The readings that come with facets are those anybody would measure."""

from __future__ import annotations

import dataclasses

import torch

from dynode.generator import draw_population
from dynode.scoring import score_latents
from dynode_facets.bundled import load_generator
from dynode_facets.readings import bundled_readings
from dynode_facets.scorer import FacetsScorerModel
from dynode_worlds.readings import SEED, TRUNCATION


def test_they_are_what_is_measured() -> None:
    generator = load_generator("cpu")
    codes = draw_population(generator, 5000, seed=SEED, truncation=TRUNCATION).latents
    some = [0, 1, 777, 2500, 4998, 4999]

    kept = bundled_readings(generator.info, seed=SEED, truncation=TRUNCATION)
    measured = score_latents(FacetsScorerModel.bundled(), generator, codes[some])

    assert kept is not None and len(kept) == 5000
    # Half precision keeps readings of up to 4 to 0.002.
    torch.testing.assert_close(kept[some], measured, rtol=0, atol=2.5e-3)


def test_they_are_given_for_nothing_else() -> None:
    info = load_generator("cpu").info

    assert bundled_readings(info, seed=1, truncation=TRUNCATION) is None
    assert bundled_readings(info, seed=SEED, truncation=0.7) is None
    other = dataclasses.replace(info, fingerprint="0" * 16)
    assert bundled_readings(other, seed=SEED, truncation=TRUNCATION) is None
