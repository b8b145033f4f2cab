"""How well the scorer and the CLIP of a world read pictures whose factors are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.plugins import ScorerModel, TextImageModel
from dynode_worlds.traits import Between
from dynode_worlds.world import World

_CHUNK = 128


@dataclass(frozen=True)
class Contrast:
    """Two prompts that the ends of a factor tell apart.

    Attributes:
        factor: The factor.
        high: What is true where it is high.
        low: What is true where it is low.
        when: Where it can be seen; everywhere if empty.
    """

    factor: str
    high: str
    low: str
    when: tuple[Between, ...] = ()

    def shown(self, world: World, factors: Tensor) -> Tensor:
        """Say which pictures of factors (n, F) show the factor, (n,)."""
        found = torch.ones(len(factors), dtype=torch.bool)
        for name, low, high in self.when:
            values = factors[:, world.population.index(name)]
            found &= (values >= low) & (values <= high)
        return found


Degrees = Mapping[str, tuple[str, float, float]]
"""Prompts with a percentage: text, the factor's value at 0 and at 100 percent."""


@torch.no_grad()
def held_out(
    world: World, count: int, *, seed: int, resolution: int = 128
) -> tuple[Tensor, Tensor]:
    """Render pictures of the population that no training has seen.

    Returns:
        Pictures (count, 3, resolution, resolution) in [-1, 1] and factors (count, F).
    """
    numbers = torch.Generator().manual_seed(2**40 + seed)
    factors = world.population.factors(torch.randn(count, world.factors, generator=numbers))
    images = [world.render(part, resolution) for part in factors.split(_CHUNK)]
    return torch.cat(images), factors


def correlations(world: World, first: Tensor, second: Tensor) -> dict[str, float]:
    """Return the Pearson correlation of two (n, F) tables, factor by factor."""
    first, second = (
        first.double() - first.double().mean(0),
        second.double() - second.double().mean(0),
    )
    scale = first.norm(dim=0) * second.norm(dim=0)
    values = (first * second).sum(0) / scale.clamp(min=1e-12)
    return dict(zip(world.population.names, values.tolist(), strict=True))


@torch.no_grad()
def scores(scorer: ScorerModel, images: Tensor) -> Tensor:
    """Read pictures with a scorer, in parts."""
    return torch.cat([scorer.score(part) for part in images.split(_CHUNK)])


@torch.no_grad()
def embedded(model: TextImageModel, images: Tensor) -> Tensor:
    """Embed pictures of any size, in parts."""
    from dynode_clip.resize import resize_for_clip

    parts = [resize_for_clip(part, model.image_size) for part in images.split(_CHUNK)]
    return torch.cat([model.encode_images(part) for part in parts])


def zero_shot(
    world: World,
    contrasts: Sequence[Contrast],
    model: TextImageModel,
    embeddings: Tensor,
    factors: Tensor,
) -> dict[str, float]:
    """Return how often the right prompt of a contrast is nearer, factor by factor.

    Args:
        world: What is shown.
        contrasts: The prompts.
        model: Embeds the prompts.
        embeddings: Pictures, (n, d).
        factors: Their factors; only the lowest and the highest quarter in each are asked about,
            of those pictures that show it.
    """
    accuracies = {}
    for contrast in contrasts:
        high, low = model.encode_texts([contrast.high, contrast.low])
        shown = contrast.shown(world, factors)
        margin = embeddings[shown] @ (high - low)
        values = factors[shown, world.population.index(contrast.factor)]
        bottom, top = values.quantile(0.25), values.quantile(0.75)
        right = torch.cat([margin[values >= top] > 0, margin[values <= bottom] < 0])
        accuracies[contrast.factor] = float(right.float().mean())
    return accuracies


def degree_order(
    world: World,
    degrees: Degrees,
    model: TextImageModel,
    embeddings: Tensor,
    factors: Tensor,
) -> dict[str, float]:
    """Rank-correlate the percentage in a prompt with the factor of the pictures it fits best.

    The factor is averaged over the best hundredth of the pictures, at least five.
    """
    from scipy.stats import spearmanr

    best = max(5, len(factors) // 100)
    order = {}
    for factor, (prompt, start, end) in degrees.items():
        percentages = list(range(0, 101, 5))
        texts = model.encode_texts([prompt.format(percentage) for percentage in percentages])
        rows = (embeddings @ texts.t()).topk(best, dim=0).indices
        found = factors[:, world.population.index(factor)][rows].mean(0)
        told = torch.tensor([start + (end - start) * part / 100 for part in percentages])
        order[factor] = float(spearmanr(told, found).statistic)
    return order


def leakage(
    world: World, model: TextImageModel, embeddings: Tensor, factors: Tensor, text: str
) -> dict[str, float]:
    """Return how much each factor drives the fit of a text, as shares of the linear effect.

    Least squares of the cosine on all factors together, so that correlations of the population are
    not counted as leaks.
    """
    fit = embeddings @ model.encode_texts([text])[0]
    table = torch.cat([factors, torch.ones(len(factors), 1)], dim=1).double()
    slopes = torch.linalg.lstsq(table, fit.double()[:, None]).solution[:-1, 0].abs()
    return dict(zip(world.population.names, (slopes / slopes.sum()).tolist(), strict=True))
