"""The targets of benchmarks/directions.py, the pictures, and what measures a direction on them."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

import torch
from identity import IDENTITY
from torch import Tensor

import dynode
from dynode import LinearDirection
from dynode.direction.base import Direction
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator
from dynode.scoring.calibration import calibrate
from dynode.scoring.choosing import ChosenScorer, find_scorer
from dynode.scoring.effects import score_latents
from dynode.scoring.prompts import PromptScorer
from dynode.text import load_text_model

CALIBRATION = 32
"""Pictures of a calibration, as in `dynode find`."""
HELD_OUT_SEED = 90_000


@dataclass(frozen=True)
class Target:
    """A factor, and the two texts that say it."""

    factor: str
    positive: str
    negative: str


TARGETS = (
    Target("smile", "a smiling face", "a face without a smile"),
    Target("age", "an old face", "a young face"),
    Target("glasses", "a face with glasses", "a face without glasses"),
    Target("yaw", "head turned to the right", "head turned to the left"),
    Target("eye_open", "eyes wide open", "eyes closed"),
)


@dataclass
class Row:
    """One direction and what it does."""

    target: str
    method: str
    effect: float = float("nan")
    leakage: float = float("nan")
    systematic: float = float("nan")
    identity: float = float("nan")
    seconds: float = float("nan")
    samples: int = 0
    accuracy: float = float("nan")
    note: str = ""
    most: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """Pictures drawn once: codes in W, every factor's score, every text pair's score.

    The seconds of texts are those of one pair.
    """

    codes: Tensor
    factors: Tensor
    texts: Tensor
    drawing_s: float
    factors_s: float
    texts_s: float


class Both:
    """Scorer and texts on the same picture, each with its own clock."""

    def __init__(self, scorer: ChosenScorer, prompts: list[PromptScorer]) -> None:
        self.scorer, self.prompts = scorer.model, prompts
        self.attributes = (*scorer.model.attributes, *(p.attributes[0] for p in prompts))
        self.deviations = (1.0,) * len(self.attributes)
        self.seconds = [0.0, 0.0]

    def score(self, images: Tensor) -> Tensor:
        start = time.process_time()
        factors = self.scorer.score(images)
        middle = time.process_time()
        texts = [prompt.score(images) for prompt in self.prompts]
        self.seconds[0] += middle - start
        self.seconds[1] += time.process_time() - middle
        return torch.cat([factors, *texts], dim=1)


class Bench:
    """The generator, what measures, and the held-out pictures."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.generator: Generator = dynode.load_generator("facets-128")
        scorer = find_scorer(self.generator.info)
        self.scorer = ChosenScorer(scorer.name, scorer.load("cpu"), "")
        self.names = self.scorer.model.attributes
        self.deviations = torch.tensor(self.scorer.model.deviations)
        self.held_out = draw_population(
            self.generator, args.pictures, seed=HELD_OUT_SEED, truncation=0.7
        )
        self.codes = draw_population(self.generator, 1000, seed=70_000).latents.w[:, 0]
        self.before = score_latents(self.scorer.model, self.generator, self.held_out.latents)

    def pool(self) -> Pool:
        """Draw and score the pictures of all boundaries, or take those of the state."""
        state = self.args.state
        if state is not None and state.exists():
            return Pool(**torch.load(state, weights_only=True))
        pool = self.drawn_pool()
        if state is not None:
            torch.save(vars(pool), state)
        return pool

    def drawn_pool(self) -> Pool:
        model = load_text_model(self.generator.info, device="cpu")
        prompts = [PromptScorer(model, t.positive, t.negative) for t in TARGETS]
        population = draw_population(self.generator, self.args.samples, seed=0)
        both = Both(self.scorer, prompts)
        start = time.process_time()
        scores = score_latents(both, self.generator, population.latents, progress=_progress)
        total = time.process_time() - start
        width = len(self.names)
        factors_s, texts_s = both.seconds
        each_s = texts_s / len(prompts)
        return Pool(
            population.latents.w[:, 0].contiguous(),
            scores[:, :width],
            scores[:, width:],
            total - factors_s - texts_s,
            factors_s,
            each_s,
        )

    def calibrated(self, direction: LinearDirection, factor: str) -> Direction:
        scorer = ChosenScorer(self.scorer.name, self.scorer.model, factor)
        start = direction.with_info(scale=float((self.codes @ direction.delta).std()))
        return calibrate(start, self.generator, scorer, samples=CALIBRATION, seed=70_000)

    def measure(self, row: Row, direction: Direction) -> Row:
        """Fill in what a calibrated direction does to the held-out pictures at strength 1."""
        after = score_latents(
            self.scorer.model,
            self.generator,
            direction.move_population(self.held_out, self.generator, 1.0),
        )
        changes = (after - self.before) / self.deviations
        target = self.names.index(row.target)
        others = [index for index in range(len(self.names)) if index != target]
        identity = [self.names.index(name) for name in IDENTITY if name != row.target]
        mean = changes.mean(0)
        row.effect = round(float(mean[target]), 3)
        row.leakage = round(float(changes[:, others].abs().mean()), 4)
        row.systematic = round(float(mean[others].abs().mean()), 4)
        row.identity = round(float(changes[:, identity].square().mean().sqrt()), 4)
        strongest = sorted(others, key=lambda index: -abs(float(mean[index])))[:4]
        row.most = {self.names[index]: round(float(mean[index]), 3) for index in strongest}
        print(row, flush=True)
        return row


def _progress(done: int, total: int, message: str = "") -> None:
    if done % 1600 == 0:
        print(f"{message} {done}/{total}", flush=True)
