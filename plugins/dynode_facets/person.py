"""Who is in the picture: factors by name, colours, proportions and the turn of the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from dynode_facets.colour import Palette, palette
from dynode_facets.factors import FACTOR_NAMES
from dynode_worlds.canvas import Canvas

_TURN_X, _REACH_X = 0.120, 0.62
_TURN_Y, _REACH_Y = 0.095, 0.80


class Place(NamedTuple):
    """Coordinates attached to the face, and the size of a pixel in them."""

    u: Tensor
    v: Tensor
    pixel: Tensor


@dataclass(frozen=True)
class Person:
    """A batch of people. Every tensor has shape (n, 1, 1, 1) or (n, 3, 1, 1)."""

    f: dict[str, Tensor]
    colours: Palette
    half_width: Tensor
    chin: Tensor
    jaw_power: Tensor

    @staticmethod
    def from_factors(factors: Tensor) -> Person:
        """Read the proportions of each person off factors of shape (n, F)."""
        columns = factors.t().reshape(len(FACTOR_NAMES), -1, 1, 1, 1)
        f = dict(zip(FACTOR_NAMES, columns, strict=True))
        return Person(
            f=f,
            colours=palette(f),
            half_width=0.445 + 0.060 * f["face_width"],
            chin=0.635 + 0.028 * f["mouth_open"] - 0.012 * f["jaw"] - 0.018 * f["pitch"],
            jaw_power=2.25 + 0.70 * f["jaw"],
        )

    def head(self, canvas: Canvas) -> Place:
        """Return coordinates centred on the head, which moves a little as it turns."""
        u = canvas.x - 0.025 * self.f["yaw"]
        v = canvas.y + 0.055 + 0.012 * self.f["pitch"]
        return Place(u, v, u.new_full((1, 1, 1, 1), canvas.pixel))

    def face(self, canvas: Canvas, depth: float = 1.0) -> Place:
        """Return coordinates drawn on the face as on a ball that yaw and pitch turn.

        The middle of the face shifts most, its rim not at all, and the side
        turned away is foreshortened. Things that stand out have `depth` > 1.
        """
        head = self.head(canvas)
        turn_x = _TURN_X * depth * self.f["yaw"]
        turn_y = _TURN_Y * depth * self.f["pitch"]
        u = head.u - turn_x * (1.0 - (head.u / _REACH_X) ** 2)
        v = head.v + turn_y * (1.0 - (head.v / _REACH_Y) ** 2)
        stretch = 1.0 + head.u * turn_x / _REACH_X**2
        return Place(u, v, canvas.pixel * stretch)
