"""Render landscapes from factors: the picture side of the skies world."""

from __future__ import annotations

from torch import Tensor

from dynode_skies.clouds import paint_clouds
from dynode_skies.factor_table import FACTORS
from dynode_skies.land import paint_hills, paint_meadow, paint_mountains
from dynode_skies.scene import Scene
from dynode_skies.sky import paint_sky
from dynode_skies.trees import paint_firs, paint_wood
from dynode_skies.water import paint_lake
from dynode_worlds.canvas import Box, Canvas, View
from dynode_worlds.rendering import rendered

_VIEW = View(left=-1.0, top=-1.0, side=2.0)
_SKY = Box(-1.0, 1.0, -1.0, 0.66)
_MOUNTAINS = Box(-1.0, 1.0, -0.95, 0.46)
_HILLS = Box(-1.0, 1.0, -0.16, 0.48)
_WOOD = Box(-1.0, 1.0, -0.14, 0.48)
_LAKE = Box(-1.0, 1.0, 0.0, 1.0)
_MEADOW = Box(-1.0, 1.0, 0.14, 1.0)


def render(factors: Tensor, resolution: int = 128) -> Tensor:
    """Render one landscape per row of factors.

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
    return rendered(factors, resolution, len(FACTORS), _landscape)


def _landscape(factors: Tensor, resolution: int) -> Tensor:
    """Paint the layers of the landscape from back to front."""
    scene = Scene.from_factors(factors)
    canvas = Canvas.blank(factors.shape[0], resolution, factors, _VIEW)
    canvas = canvas.within(_SKY, lambda part: paint_clouds(paint_sky(part, scene), scene))
    canvas = canvas.within(_MOUNTAINS, lambda part: paint_mountains(part, scene))
    canvas = canvas.within(_HILLS, lambda part: paint_hills(part, scene))
    canvas = canvas.within(_WOOD, lambda part: paint_wood(part, scene))
    above = canvas
    canvas = canvas.within(_LAKE, lambda part: paint_lake(part, scene, above))
    canvas = canvas.within(_MEADOW, lambda part: paint_meadow(part, scene))
    canvas = paint_firs(canvas, scene)
    return (canvas.image * 2.0 - 1.0).clamp(-1.0, 1.0)
