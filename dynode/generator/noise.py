"""Stored noise of a generator: what an optional capability gives to those that move it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class StoresNoise(Protocol):
    """The optional capability of a generator to show the noise that `noise="const"` draws with."""

    def stored_noise(self) -> Sequence[Tensor]:
        """Return it as a list that `synthesize` takes, each broadcastable to (n, 1, h, w)."""
        ...
