"""The sky: its colours, the sun or the moon, stars and aurora."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dynode_skies.scene import Scene
from dynode_worlds.canvas import Canvas
from dynode_worlds.colour import blend
from dynode_worlds.shapes import coverage, ramp

_STARS = 34
_STAR_SEED = 20250
_SUN_RADIUS = 0.085


def paint_sky(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint the sky down to the skyline and below, from which the lake takes its colour."""
    colours = scene.colours
    height = ((scene.skyline - canvas.y) / 1.1).clamp(0.0, 1.0)
    lower = blend(colours.low, colours.middle, ramp(height, -0.05, 0.42))
    sky = blend(lower, colours.zenith, ramp(height, 0.18, 1.0))
    canvas = canvas.paint(sky, torch.ones_like(canvas.x))
    canvas = _paint_stars(canvas, scene)
    canvas = _paint_aurora(canvas, scene)
    return _paint_sun(canvas, scene)


def _paint_sun(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint a disc in its glow; towards the night it becomes the moon."""
    colours = scene.colours
    across, up = canvas.x - scene.sun_x, canvas.y - scene.sun_y
    veiled = 1.0 - 0.72 * ramp(scene.f["cloud_cover"], -0.2, 1.1)
    wide = torch.exp(-((across / 0.85) ** 2)) * torch.exp(-((up / 0.42) ** 2))
    near = torch.exp(-((across / 0.27) ** 2)) * torch.exp(-((up / 0.27) ** 2))
    strength = (0.30 + 0.42 * colours.warm) * (1.0 - 0.45 * colours.dark)
    shine = (wide * strength + 0.55 * near * (1.0 - 0.55 * colours.dark)) * (0.3 + 0.7 * veiled)
    canvas = canvas.paint(colours.glow, shine.clamp(max=0.95))
    radius = _SUN_RADIUS * (1.0 - 0.15 * colours.dark)
    distance = torch.sqrt(across * across + up * up + 1e-9) - radius
    return canvas.paint(colours.sun, coverage(distance, canvas.pixel * 1.5 + 0.012) * veiled)


def _star_table() -> np.ndarray:
    """Return places in [-1.4, 1.4] x [0, 1.3] above the skyline, sizes and brightness, (4, stars)."""
    draw = np.random.RandomState(_STAR_SEED).uniform(size=(4, _STARS))
    return np.stack(
        [draw[0] * 2.8 - 1.4, 0.22 + 1.15 * draw[1], 0.011 + 0.008 * draw[2], 0.35 + 0.6 * draw[3]]
    )


def _paint_stars(canvas: Canvas, scene: Scene) -> Canvas:
    """Add stars, each a product of two bells, so that all of them are one matrix product."""
    x, up, size, bright = canvas.x.new_tensor(_star_table()).view(4, 1, 1, -1)
    size = (size.square() + (0.45 * canvas.pixel) ** 2).sqrt()
    dimmed = bright * (1.0 - 0.6 * (0.45 * canvas.pixel / size) ** 2)
    columns = torch.exp(-(((scene.across(canvas, 1.0) - x.mT) / size.mT) ** 2))
    rows = torch.exp(-(((canvas.y - scene.skyline + up) / size) ** 2)) * dimmed
    shown = ramp(scene.colours.dark, 0.45, 1.0)
    white = canvas.x.new_tensor([0.95, 0.97, 1.0]).view(1, 3, 1, 1)
    return canvas.paint(white, (rows @ columns).clamp(max=1.0) * shown)


def _paint_aurora(canvas: Canvas, scene: Scene) -> Canvas:
    """Hang a curtain of light over the northern sky."""
    x = scene.across(canvas, 1.0)
    foot = scene.skyline - 0.50 + 0.13 * torch.sin(2.3 * x + 0.6) + 0.05 * torch.sin(5.1 * x)
    above = foot - canvas.y
    rise = torch.sigmoid(above * 28.0)
    folds = 0.66 + 0.24 * torch.cos(9.0 * x + 2.0 * torch.sin(2.6 * x)) + 0.10 * torch.cos(21.0 * x)
    glow = rise * torch.exp(-above.clamp(min=0.0) / 0.30) * folds
    shown = ramp(scene.f["aurora"], -0.7, 1.0) * ramp(scene.colours.dark, 0.15, 0.85)
    green = canvas.x.new_tensor([0.36, 0.95, 0.66]).view(1, 3, 1, 1)
    violet = canvas.x.new_tensor([0.66, 0.42, 0.90]).view(1, 3, 1, 1)
    return canvas.paint(blend(green, violet, ramp(above, 0.02, 0.55)), 0.85 * glow * shown)


def veil(canvas: Canvas, scene: Scene, amount: Tensor, foot: Tensor, height: float) -> Canvas:
    """Lay haze over what is painted, thickest at `foot` and thinner above it."""
    thickness = torch.exp(-((foot - canvas.y).clamp(min=0.0) / height))
    return canvas.paint(scene.colours.haze, amount * thickness)
