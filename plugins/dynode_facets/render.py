"""Render portraits from factors: the picture side of the facets world."""

from __future__ import annotations

from torch import Tensor

from dynode_facets.details import paint_glasses, paint_wrinkles
from dynode_facets.factors import FACTORS
from dynode_facets.features import paint_brows, paint_eyes, paint_mouth, paint_nose
from dynode_facets.head import (
    hair_cover,
    paint_background,
    paint_beard,
    paint_clothes,
    paint_ears,
    paint_face,
    paint_hair_behind,
    paint_hair_in_front,
    paint_neck,
)
from dynode_facets.person import Person
from dynode_worlds.canvas import Box, Canvas, View
from dynode_worlds.rendering import rendered

_VIEW = View(left=-0.9, top=-0.935, side=1.8)

_NECK = Box(-0.45, 0.45, 0.10, 1.0)
_CLOTHES = Box(-1.0, 1.0, 0.54, 1.0)
_EARS = Box(-0.72, 0.72, -0.22, 0.24)
_FACE = Box(-0.62, 0.62, -0.76, 0.72)
_BEARD = Box(-0.62, 0.62, -0.10, 0.80)
_WRINKLES = Box(-0.56, 0.56, -0.56, 0.50)
_NOSE = Box(-0.40, 0.40, -0.26, 0.42)
_MOUTH = Box(-0.46, 0.46, 0.06, 0.70)
_EYES = Box(-0.56, 0.56, -0.36, 0.20)
_BROWS = Box(-0.56, 0.56, -0.48, 0.06)
_GLASSES = Box(-0.62, 0.62, -0.36, 0.26)


def render(factors: Tensor, resolution: int = 128) -> Tensor:
    """Render one portrait per row of factors.

    Deterministic; each picture depends on its own row only, whatever the rest
    of the batch. Edges are anti-aliased for the resolution, and the picture is
    a smooth function of the factors, so gradients flow back to them.

    Args:
        factors: Factors in the order of `FACTORS`, shape (n, F), in [-1, 1].
        resolution: Height and width of the pictures in pixels.

    Returns:
        Images (n, 3, resolution, resolution) in [-1, 1], RGB, with the dtype
        and device of `factors`. Half precision is computed in float32.

    Raises:
        ValueError: `factors` is not a matrix with one column per factor.
    """
    return rendered(factors, resolution, len(FACTORS), _portrait)


def _portrait(factors: Tensor, resolution: int) -> Tensor:
    """Paint the layers of the portrait from back to front."""
    person = Person.from_factors(factors)
    canvas = Canvas.blank(factors.shape[0], resolution, factors, _VIEW)
    canvas = paint_background(canvas, person)
    hair = hair_cover(canvas, person)
    canvas = paint_hair_behind(canvas, person, hair)
    canvas = canvas.within(_NECK, lambda part: paint_neck(part, person))
    canvas = canvas.within(_CLOTHES, lambda part: paint_clothes(part, person))
    canvas = canvas.within(_EARS, lambda part: paint_ears(part, person))
    canvas = canvas.within(_FACE, lambda part: paint_face(part, person))
    canvas = canvas.within(_WRINKLES, lambda part: paint_wrinkles(part, person))
    canvas = canvas.within(_BEARD, lambda part: paint_beard(part, person))
    canvas = canvas.within(_NOSE, lambda part: paint_nose(part, person))
    canvas = canvas.within(_MOUTH, lambda part: paint_mouth(part, person))
    canvas = canvas.within(_EYES, lambda part: paint_eyes(part, person))
    canvas = canvas.within(_BROWS, lambda part: paint_brows(part, person))
    canvas = canvas.within(_GLASSES, lambda part: paint_glasses(part, person))
    canvas = paint_hair_in_front(canvas, person, hair)
    return (canvas.image * 2.0 - 1.0).clamp(-1.0, 1.0)
