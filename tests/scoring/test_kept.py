"""Scores that were measured once serve every later search, and heal where they were damaged."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import dynode
from dynode.generator import Generator, GeneratorInfo, draw_population
from dynode.models import cache_folder
from dynode.scoring import Drawn, score_population
from dynode.testing import PixelScorer, tiny_generator


class Counting(dynode.Scorer):
    """Measures like the pixel scorer, and counts the pictures."""

    name = "counting"
    attributes = PixelScorer.attributes

    def __init__(self) -> None:
        self.seen = 0
        self.model = PixelScorer().load("cpu")
        self.attributes, self.deviations = self.model.attributes, self.model.deviations  # type: ignore[misc]

    def load(self, device: torch.device | str) -> Any:
        return self

    def score(self, images: Tensor) -> Tensor:
        self.seen += len(images)
        return self.model.score(images)


@pytest.fixture
def generator() -> Generator:
    return tiny_generator()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    return cache_folder() / "scores"


def measure(scorer: Counting, generator: Generator, count: int, **drawn: Any) -> Tensor:
    told = Drawn(**{"seed": 3, "truncation": 1.0} | drawn)
    codes = draw_population(generator, count, seed=told.seed, truncation=told.truncation).latents
    return score_population(scorer, scorer, generator, codes, told)


def test_the_same_and_fewer_pictures_are_not_drawn_again(generator: Generator) -> None:
    scorer = Counting()

    first = measure(scorer, generator, 20)
    again = measure(scorer, generator, 20)
    fewer = measure(scorer, generator, 7)

    assert scorer.seen == 20
    assert torch.equal(again, first) and torch.equal(fewer, first[:7])


@pytest.mark.parametrize("other", [{"seed": 4}, {"truncation": 0.5}, {"rows": "mixed"}])
def test_pictures_drawn_otherwise_are_measured(generator: Generator, other: dict[str, Any]) -> None:
    scorer = Counting()
    measure(scorer, generator, 8)

    measure(scorer, generator, 8, **other)

    assert scorer.seen == 16


def test_more_pictures_and_another_generator_are_measured(generator: Generator) -> None:
    scorer = Counting()
    measure(scorer, generator, 8)

    measure(scorer, generator, 9)
    measure(scorer, tiny_generator(seed=5), 8)

    assert scorer.seen == 8 + 9 + 8


def test_a_damaged_file_is_measured_again_with_one_warning(
    generator: Generator, folder: Path
) -> None:
    scorer = Counting()
    first = measure(scorer, generator, 8)
    (kept,) = folder.glob("*.safetensors")
    kept.write_bytes(kept.read_bytes()[:-9])

    with pytest.warns(UserWarning, match=r"damaged .* measured again"):
        again = measure(scorer, generator, 8)

    assert torch.equal(again, first)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measure(scorer, generator, 8)
    assert scorer.seen == 16


def test_a_folder_that_cannot_be_written_costs_a_warning_not_the_result(
    generator: Generator, folder: Path
) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")

    with pytest.warns(UserWarning, match="DYNODE_CACHE"):
        scores = measure(Counting(), generator, 8)

    assert len(scores) == 8


def test_scores_that_come_with_the_scorer_are_taken(generator: Generator) -> None:
    class Shipped(Counting):
        def known_scores(
            self, info: GeneratorInfo, *, seed: int, truncation: float
        ) -> Tensor | None:
            return torch.full((10, len(self.attributes)), 0.5) if seed == 3 else None

    scorer = Shipped()

    assert torch.equal(measure(scorer, generator, 9), torch.full((9, len(scorer.attributes)), 0.5))
    assert scorer.seen == 0
    measure(scorer, generator, 11)
    measure(scorer, generator, 9, rows="mixed")
    assert scorer.seen == 11 + 9
