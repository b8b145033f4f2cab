"""Worlds whose pictures come from known attributes, so that methods can be measured against the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Truth(Protocol):
    """What lies behind the pictures a generator learned: `Scorer.truth` gives it.

    Attributes stand in the order and the units of the scorer's columns.
    """

    @property
    def fps(self) -> float:
        """Frames a second that clips usually have."""
        ...

    def people(self, count: int, *, seed: int) -> Tensor:
        """Draw attributes of the population, (n, attributes)."""
        ...

    def draw(self, attributes: Tensor) -> Tensor:
        """Draw pictures: (n, 3, h, w) float in [-1, 1] at the generator's resolution."""
        ...

    def clips(self, count: int, times_s: Tensor, *, seed: int) -> Tensor:
        """Draw who is seen and how they move: attributes (n, times, attributes).

        The same seed gives the same continuous motion whatever the times, in seconds.
        """
        ...

    def codes(self, attributes: Tensor) -> Tensor:
        """Return the codes these attributes are drawn from, (n, w_dim); all rows are alike."""
        ...
