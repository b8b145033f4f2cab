"""Several edits at once: directions with their strengths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from dynode.latents.latents import Latents

if TYPE_CHECKING:
    from dynode.direction.base import Direction


@dataclass(frozen=True, eq=False)
class EditStack:
    """Directions with their strengths, applied one after the other and drawn in one render.

    Attributes:
        edits: `(direction, strength)` pairs; a strength is a number or a tensor (n,).
    """

    edits: tuple[tuple[Direction, float | Tensor], ...] = ()

    def __len__(self) -> int:
        """Count the edits."""
        return len(self.edits)

    def __iter__(self) -> Iterator[tuple[Direction, float | Tensor]]:
        """Go through the edits in order."""
        return iter(self.edits)

    def then(self, direction: Direction, strength: float | Tensor = 1.0) -> EditStack:
        """Return a stack with one more edit."""
        return EditStack((*self.edits, (direction, strength)))

    def at(self, index: int) -> EditStack:
        """Return the edits of one picture of the batch that the strengths are for."""
        return EditStack(tuple((direction, _own(own, index)) for direction, own in self.edits))

    def apply(self, latents: Latents, strength: float | Tensor = 1.0) -> Latents:
        """Move latents by every edit, each strength multiplied by `strength`."""
        for direction, own_strength in self.edits:
            latents = direction.apply(latents, own_strength * strength)
        return latents


def _own(strength: float | Tensor, index: int) -> float | Tensor:
    if isinstance(strength, Tensor) and strength.numel() > 1:
        return strength[index]
    return strength
