"""How well the bundled scorer and CLIP read portraits whose factors are known."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.plugins import ScorerModel, TextImageModel
from dynode_facets.factors import FACTOR_NAMES, factor_index, population
from dynode_facets.render import render

_CHUNK = 128


@dataclass(frozen=True)
class Contrast:
    """Two prompts that the ends of a factor tell apart."""

    factor: str
    high: str
    low: str


CONTRASTS: tuple[Contrast, ...] = (
    Contrast(
        "yaw", "a face with the head turned to the right", "a face with the head turned to the left"
    ),
    Contrast("pitch", "a person looking up", "a person looking down"),
    Contrast("smile", "a smiling face", "a face with a frown"),
    Contrast("mouth_open", "a person with an open mouth", "a person with a closed mouth"),
    Contrast("eye_open", "a person with eyes wide open", "a person with eyes closed"),
    Contrast("gaze", "a face with eyes to the right", "a face with eyes to the left"),
    Contrast("brow", "a face with angry eyebrows", "a face with raised eyebrows"),
    Contrast("age", "an old face", "a young face"),
    Contrast("face_width", "a person with a wide face", "a person with a narrow face"),
    Contrast("jaw", "a person with a square jaw", "a person with a pointed chin"),
    Contrast("nose_size", "a person with a big nose", "a person with a small nose"),
    Contrast("hair_length", "a person with long hair", "a person with short hair"),
    Contrast("beard", "a person with a beard", "a person without a beard"),
    Contrast("glasses", "a person with glasses", "a person without glasses"),
    Contrast("skin", "a person with light skin", "a person with dark skin"),
    Contrast("eye_hue", "a person with blue eyes", "a person with brown eyes"),
    Contrast("lip_colour", "a person with red lips", "a person with pale lips"),
    Contrast("clothes_hue", "a person in a blue sweater", "a person in an orange sweater"),
    Contrast("background_hue", "a face with a blue background", "a face with a yellow background"),
    Contrast(
        "background_lightness",
        "a person on a bright background",
        "a person on a dark background",
    ),
    Contrast("light", "a face lit from the right", "a face lit from the left"),
)
"""Prompts for `zero_shot`, all of words that captions use."""

DEGREES: dict[str, tuple[str, float, float]] = {
    "smile": ("a {}% smile", 0.0, 1.0),
    "eye_open": ("eyes {}% closed", 1.0, -1.0),
    "age": ("age {}%", -1.0, 1.0),
}
"""Prompts with a percentage: text, the factor's value at 0 and at 100 percent."""


@torch.no_grad()
def held_out(count: int, *, seed: int, resolution: int = 128) -> tuple[Tensor, Tensor]:
    """Render portraits of the population that no training has seen.

    Returns:
        Pictures (count, 3, resolution, resolution) in [-1, 1] and factors (count, F).
    """
    numbers = torch.Generator().manual_seed(2**40 + seed)
    factors = population(torch.randn(count, len(FACTOR_NAMES), generator=numbers))
    return render(factors, resolution), factors


def correlations(first: Tensor, second: Tensor) -> dict[str, float]:
    """Return the Pearson correlation of two (n, F) tables, factor by factor."""
    first, second = (
        first.double() - first.double().mean(0),
        second.double() - second.double().mean(0),
    )
    scale = first.norm(dim=0) * second.norm(dim=0)
    values = (first * second).sum(0) / scale.clamp(min=1e-12)
    return dict(zip(FACTOR_NAMES, values.tolist(), strict=True))


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


def zero_shot(model: TextImageModel, embeddings: Tensor, factors: Tensor) -> dict[str, float]:
    """Return how often the right prompt of a contrast is nearer, factor by factor.

    Args:
        model: Embeds the prompts.
        embeddings: Pictures, (n, d).
        factors: Their factors; only the lowest and the highest quarter in each are asked about.
    """
    accuracies = {}
    for contrast in CONTRASTS:
        high, low = model.encode_texts([contrast.high, contrast.low])
        margin = embeddings @ (high - low)
        values = factors[:, factor_index(contrast.factor)]
        bottom, top = values.quantile(0.25), values.quantile(0.75)
        right = torch.cat([margin[values >= top] > 0, margin[values <= bottom] < 0])
        accuracies[contrast.factor] = float(right.float().mean())
    return accuracies


def degree_order(model: TextImageModel, embeddings: Tensor, factors: Tensor) -> dict[str, float]:
    """Rank-correlate the percentage in a prompt with the factor of the pictures it fits best.

    The factor is averaged over the best hundredth of the pictures, at least five.
    """
    from scipy.stats import spearmanr

    best = max(5, len(factors) // 100)
    order = {}
    for factor, (prompt, start, end) in DEGREES.items():
        percentages = list(range(0, 101, 5))
        texts = model.encode_texts([prompt.format(percentage) for percentage in percentages])
        rows = (embeddings @ texts.t()).topk(best, dim=0).indices
        found = factors[:, factor_index(factor)][rows].mean(0)
        told = torch.tensor([start + (end - start) * part / 100 for part in percentages])
        order[factor] = float(spearmanr(told, found).statistic)
    return order


def leakage(
    model: TextImageModel, embeddings: Tensor, factors: Tensor, text: str
) -> dict[str, float]:
    """Return how much each factor drives the fit of a text, as shares of the linear effect.

    Least squares of the cosine on all factors together, so that correlations of the population are
    not counted as leaks.
    """
    fit = embeddings @ model.encode_texts([text])[0]
    table = torch.cat([factors, torch.ones(len(factors), 1)], dim=1).double()
    slopes = torch.linalg.lstsq(table, fit.double()[:, None]).solution[:-1, 0].abs()
    return dict(zip(FACTOR_NAMES, (slopes / slopes.sum()).tolist(), strict=True))
