"""What measurements of two sets share: features of both sides, collected or added up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from dynode import Measurement

Embed = Callable[[Tensor], Tensor]


class SetMeasurement(Measurement):
    """A measurement of sets by a detector's features.

    Args:
        embed: Turns items into features (n, d).
        spec: See `Measurement`.
        cache_key: See `Measurement`.
    """

    def __init__(self, embed: Embed, spec: Mapping[str, str], cache_key: str) -> None:
        self._embed = embed
        self.spec = dict(spec)
        self.cache_key = cache_key

    def features(self, items: Tensor) -> Tensor:
        """See `Measurement.features`: (n, d) float32."""
        with torch.inference_mode():
            return self._embed(items).float().cpu()


class CollectedRows(SetMeasurement):
    """Keeps the features of both sides: for figures that need every one of them."""

    def __init__(self, embed: Embed, spec: Mapping[str, str], cache_key: str) -> None:
        super().__init__(embed, spec, cache_key)
        self._a: list[Tensor] = []
        self._b: list[Tensor] = []

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        self._a += [] if a is None else [a]
        self._b += [] if b is None else [b]

    @property
    def a(self) -> Tensor:
        """Features of side A, (n, d)."""
        return torch.cat(self._a)

    @property
    def b(self) -> Tensor:
        """Features of side B, (n, d)."""
        return torch.cat(self._b)
