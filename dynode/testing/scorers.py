"""A scorer that needs no weights: three statistics of the pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.plugins.methods import Scorer


class PixelScorerModel:
    """Scores how light a picture is, how warm, and how much lighter its right half is.

    Attributes:
        attributes: `light`, `warm` and `side`.
        deviations: Their standard deviations over a tiny generator's pictures, about.
    """

    attributes: tuple[str, ...] = ("light", "warm", "side")
    deviations: tuple[float, ...] = (0.1, 0.1, 0.1)

    def score(self, images: Tensor) -> Tensor:
        """Score pictures (n, 3, h, w) in [-1, 1]: (n, 3)."""
        columns = images.mean((1, 2))
        half = columns.shape[1] // 2
        light = images.mean((1, 2, 3))
        warm = images[:, 0].mean((1, 2)) - images[:, 2].mean((1, 2))
        side = columns[:, half:].mean(1) - columns[:, :half].mean(1)
        return torch.stack([light, warm, side], dim=1)


class PixelScorer(Scorer):
    """Brings `PixelScorerModel` to the registry; register it to try methods on tiny generators.

    Examples:
        >>> scorer = PixelScorer().load("cpu")
        >>> scorer.score(torch.zeros(2, 3, 8, 8)).shape
        torch.Size([2, 3])
    """

    name = "pixels"
    summary = "light, warm and side of a picture"
    attributes = PixelScorerModel.attributes
    domains = ("noise",)

    def load(self, device: torch.device | str) -> PixelScorerModel:
        """Make the scorer; there is nothing to load."""
        return PixelScorerModel()
