"""Colour similarity over time: whether a clip keeps its colours."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from dynode import Measurement

_BINS = 8


def colour_histograms(pictures: Tensor) -> Tensor:
    """Count the colours of pictures (n, 3, h, w) in [-1, 1] in 8 x 8 x 8 bins: (n, 512), sums of 1."""
    levels = ((pictures.clamp(-1, 1) + 1) / 2 * _BINS).floor().clamp(max=_BINS - 1).long()
    place = ((levels[:, 0] * _BINS + levels[:, 1]) * _BINS + levels[:, 2]).flatten(1)
    counts = torch.zeros(len(pictures), _BINS**3)
    counts.scatter_add_(1, place.cpu(), torch.ones(place.shape))
    return counts / place.shape[1]


class ColourMeasurement(Measurement):
    """Shared area of the colour histograms of frames; 1 where no pixel changes its bin.

    `colour-similarity` compares every frame with the first, `colour-adjacent` with the one before.
    """

    def __init__(self) -> None:
        self.spec = {"histograms": f"{_BINS}x{_BINS}x{_BINS} bins of sRGB, shared area"}
        self.cache_key = "colour histograms"
        self._found: list[tuple[float, float]] = []

    def features(self, items: Tensor) -> Tensor:
        """Count colours: (n, T, 512)."""
        found: Tensor = colour_histograms(items.flatten(0, 1)).unflatten(0, items.shape[:2])
        return found

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        assert a is not None
        for frames in a:
            first = torch.minimum(frames[1:], frames[:1]).sum(1).mean()
            adjacent = torch.minimum(frames[1:], frames[:-1]).sum(1).mean()
            self._found.append((float(first), float(adjacent)))

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        first, adjacent = (sum(part) / len(part) for part in zip(*self._found, strict=True))
        return {"colour-similarity": first, "colour-adjacent": adjacent}
