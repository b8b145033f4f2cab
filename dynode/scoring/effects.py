"""Scores of many pictures, and how far an edit moves them."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from dynode.direction.base import Direction
from dynode.generator.population import Population
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.plugins.boundary import score_pictures
from dynode.plugins.loaded import ScorerModel
from dynode.plugins.methods import Progress, silent

_MOST_PIXELS = 2**18
_LARGEST_BATCH = 16


class Effect(Protocol):
    """Something that moves a population by a strength."""

    def __call__(self, strength: float) -> Tensor:
        """Return the mean change of every attribute in standard deviations."""
        ...


def score_latents(
    scorer: ScorerModel, generator: Generator, latents: Latents, *, progress: Progress = silent
) -> Tensor:
    """Draw and score pictures a few at a time, keeping none of them.

    Args:
        scorer: What measures.
        generator: What draws.
        latents: n codes.
        progress: Called after every batch.

    Returns:
        (n, attributes) on the CPU.
    """
    height, width = generator.info.resolution
    batch = max(1, min(_LARGEST_BATCH, _MOST_PIXELS // (height * width)))
    scores = []
    for start in range(0, len(latents), batch):
        with torch.inference_mode():
            pictures = generator.synthesize(latents[start : start + batch])
            scores.append(score_pictures(scorer, pictures).float().cpu())
        progress(min(start + batch, len(latents)), len(latents), "scoring")
    return torch.cat(scores).clone()


def mean_effect(
    direction: Direction,
    generator: Generator,
    scorer: ScorerModel,
    population: Population,
    *,
    before: Tensor | None = None,
) -> Effect:
    """Make a function from strength to the mean change of every attribute.

    Args:
        direction: Any kind.
        generator: What draws.
        scorer: What measures.
        population: The pictures.
        before: Their scores, (n, attributes); None scores them here, once.
    """
    if before is None:
        before = score_latents(scorer, generator, population.latents)
    deviations = torch.tensor(scorer.deviations)

    def effect(strength: float) -> Tensor:
        if strength == 0:
            return torch.zeros(len(deviations))
        latents = direction.move_population(population, generator, strength)
        after = score_latents(scorer, generator, latents)
        return (after - before).mean(0) / deviations

    return effect


def deviations_of(scores: Tensor) -> tuple[float, ...]:
    """Return the standard deviation of each column, never 0."""
    return tuple(scores.double().std(0, unbiased=False).clamp(min=1e-12).tolist())
