"""Clouds: heaps of soft puffs that melt together, lit from where the sun stands."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from dynode_skies.scene import Scene
from dynode_worlds.canvas import Canvas
from dynode_worlds.colour import blend
from dynode_worlds.shapes import ramp

_SEED = 20251
_PUFFS = 9
_DRIFT = 0.34
# Where each cloud is (x, height over the skyline), its size, and from which cover on it is there.
_PLACES = (
    (-0.62, 0.80, 0.30, -0.55),
    (0.42, 0.94, 0.34, -0.20),
    (0.16, 0.50, 0.22, -0.75),
    (-0.95, 0.42, 0.20, -0.05),
    (0.92, 0.60, 0.27, 0.05),
    (-0.22, 1.08, 0.30, 0.25),
    (-0.36, 0.33, 0.16, 0.30),
    (0.62, 0.30, 0.15, -0.40),
    (1.30, 0.98, 0.30, 0.30),
    (-1.32, 0.95, 0.32, 0.15),
)


@lru_cache(maxsize=1)
def _puffs() -> np.ndarray:
    """Return place, height, size, onset and weight of every puff and its offset, (9, puffs)."""
    random = np.random.RandomState(_SEED)
    rows = []
    for x, height, size, onset in _PLACES:
        along = np.concatenate([np.linspace(-1.0, 1.0, _PUFFS - 3), random.uniform(-0.5, 0.5, 3)])
        heap = 1.0 - along**2
        dx = 1.05 * along + random.uniform(-0.08, 0.08, _PUFFS)
        radius = (0.22 + 0.18 * heap) * random.uniform(0.85, 1.15, _PUFFS)
        dy = 0.52 * radius + 0.06 * heap
        radius[-3:], dy[-3:] = random.uniform(0.22, 0.30, 3), random.uniform(0.36, 0.52, 3)
        rows += [
            (x, height, size, onset, size * dx[i], size * dy[i], size * radius[i])
            for i in range(_PUFFS)
        ]
    table: np.ndarray = np.array(rows).T
    return table


def paint_clouds(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint a thin sheet, then heaps of cloud."""
    cover = scene.f["cloud_cover"]
    colours = scene.colours
    height = ((scene.skyline - canvas.y) / 1.1).clamp(0.0, 1.0)
    sheet = 0.62 * ramp(cover, 0.1, 1.25) * ramp(height, 0.0, 0.5)
    canvas = canvas.paint(blend(colours.cloud_light, colours.cloud_shade, 0.55), sheet)
    towards_x, towards_y = _towards_sun(scene)
    density = _density(canvas, scene, 0.0, 0.0)
    beyond = _density(canvas, scene, towards_x, towards_y)
    lit = torch.sigmoid(3.6 * (density - beyond) - 0.2 + 0.5 * (1.0 - density))
    opaque = ramp(density, 0.22, 0.78)
    colour = blend(colours.cloud_shade, colours.cloud_light, lit)
    return canvas.paint(colour, opaque * (0.94 - 0.12 * colours.dark))


def _towards_sun(scene: Scene) -> tuple[Tensor, Tensor]:
    """Return a step towards the sun as clouds see it: mostly up, and to its side."""
    return 0.07 * torch.tanh(1.2 * scene.sun_x), torch.full_like(scene.sun_y, -0.06)


def _density(
    canvas: Canvas, scene: Scene, step_x: Tensor | float, step_y: Tensor | float
) -> Tensor:
    """Add up the puffs, products of two bells each, as one matrix product; flat below, round above."""
    f = scene.f
    x, height, size, onset, dx, dy, radius = canvas.x.new_tensor(_puffs()).view(7, 1, 1, 1, -1)
    scale = 1.06 + 0.36 * f["cloud_scale"]
    there = ramp(f["cloud_cover"] - onset, -0.55, 0.45)
    grown = scale * (0.45 + 0.55 * there) * (1.0 + 0.18 * ramp(f["cloud_cover"], 0.2, 1.2))
    near = 0.35 + 0.75 * height
    centre_x = x + dx * grown + _DRIFT * near * f["cloud_drift"]
    centre_y = -height - dy * grown
    wide = radius * grown
    across = (scene.across(canvas, 1.0).mT + step_x - centre_x) / (1.15 * wide)
    up = (canvas.y - scene.skyline + step_y - centre_y) / wide
    up = torch.where(up > 0, up / 0.52, up / 0.86)
    columns = torch.exp(-across * across).mT
    rows = torch.exp(-up * up) * (0.95 * there)
    return rows @ columns
