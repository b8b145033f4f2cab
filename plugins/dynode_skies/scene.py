"""What is in the picture: factors by name, and the places and colours that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dynode_skies.factor_table import FACTOR_NAMES
from dynode_skies.light import Palette, palette
from dynode_worlds.canvas import Canvas

_TURN = 0.26
_SUN_REACH = 0.72
_SUN_LOWEST, _SUN_CLIMB = -0.03, 0.66


@dataclass(frozen=True)
class Scene:
    """A batch of landscapes. Every tensor has shape (n, 1, 1, 1) or (n, 3, 1, 1).

    Attributes:
        f: The factors by name.
        colours: Colours under the light of the hour.
        skyline: Where the land begins, in the units of the canvas.
        shore: Where the lake begins, a little below.
        sun_x: Where the sun or the moon stands.
        sun_y: The same.
    """

    f: dict[str, Tensor]
    colours: Palette
    skyline: Tensor
    shore: Tensor
    sun_x: Tensor
    sun_y: Tensor

    @staticmethod
    def from_factors(factors: Tensor) -> Scene:
        """Read the proportions of each landscape off factors of shape (n, F)."""
        columns = factors.t().reshape(len(FACTOR_NAMES), -1, 1, 1, 1)
        f = dict(zip(FACTOR_NAMES, columns, strict=True))
        skyline = 0.22 - 0.15 * f["horizon"]
        climb = 0.5 + 0.5 * f["sun_height"]
        return Scene(
            f=f,
            colours=palette(f),
            skyline=skyline,
            shore=skyline + 0.055,
            sun_x=_SUN_REACH * f["sun_bearing"] - _TURN * f["turn"],
            sun_y=skyline - _SUN_LOWEST - 0.10 - _SUN_CLIMB * climb,
        )

    def across(self, canvas: Canvas, depth: float) -> Tensor:
        """Return horizontal coordinates at a depth (1 the sky, more in front): what turning moves."""
        return canvas.x + _TURN * depth * self.f["turn"]
