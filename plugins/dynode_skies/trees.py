"""Trees: a wood along the far shore, and firs in front that lean in the wind."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from dynode_skies.land import bank
from dynode_skies.scene import Scene
from dynode_worlds.canvas import Box, Canvas
from dynode_worlds.colour import blend
from dynode_worlds.shapes import coverage, ramp

# Place, height and onset of the trees on the far shore; place, height and onset of the near firs.
_WOOD = (
    (-1.10, 0.15, -0.6),
    (-0.97, 0.19, -0.3),
    (-0.86, 0.13, 0.1),
    (-0.72, 0.17, -0.5),
    (-0.60, 0.11, 0.3),
    (-0.34, 0.09, 0.5),
    (-0.12, 0.10, 0.2),
    (0.10, 0.08, 0.6),
    (0.34, 0.12, 0.0),
    (0.47, 0.17, -0.4),
    (0.58, 0.12, 0.4),
    (0.74, 0.19, -0.1),
    (0.90, 0.15, -0.7),
    (1.04, 0.18, 0.1),
)
_LEAFY = ((-0.47, 0.075, 0.0), (-0.22, 0.060, 0.4), (0.22, 0.070, -0.3), (0.66, 0.085, 0.2))
_FIRS = ((-0.80, 0.98, -0.5), (-0.50, 0.62, 0.2), (0.86, 0.84, 0.0), (1.12, 1.05, -0.2))


def paint_wood(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint the trees of the far shore: leafy ones, then a silhouette of firs."""
    colours = scene.colours
    x = scene.across(canvas, 1.25)
    foot = scene.shore + 0.004
    for place, size, onset in _LEAFY:
        radius = size * (0.15 + 0.85 * ramp(scene.f["trees"] - onset, -0.5, 0.5))
        across, up = x - place, canvas.y - foot + radius * 0.9
        distance = torch.sqrt(across * across + (up * 0.85) ** 2 + 1e-8) - radius
        shown = coverage(distance, canvas.pixel * 1.5) * ramp(radius, 0.0, 0.03)
        shade = ramp(up / size, -0.8, 1.1)
        canvas = canvas.paint(blend(colours.leaves, colours.hill_shade, 0.6 * shade), shown)
    height = _silhouette(scene, x)
    depth = canvas.y - (foot - height)
    cover = coverage(-depth, canvas.pixel * 2.0) * coverage(canvas.y - foot, canvas.pixel * 1.4)
    return canvas.paint(blend(colours.fir_light, colours.fir, ramp(depth, -0.03, 0.06)), cover)


def _silhouette(scene: Scene, x: Tensor) -> Tensor:
    """Return the height of the wood over each column: steep tents, the highest counts."""
    tents = []
    for place, height, onset in _WOOD:
        grown = height * ramp(scene.f["trees"] - onset, -0.5, 0.5)
        tents.append(grown - 4.2 * (torch.sqrt((x - place) ** 2 + 4e-5) - 0.006))
    return 0.006 * torch.logsumexp(torch.stack(tents) / 0.006, 0).clamp(min=-4.0)


def paint_firs(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint the near firs, each inside of its own window."""
    for place, height, onset in _FIRS:
        box = Box(place - 0.34 - 0.36, place + 0.34 + 0.36, -0.6, 1.0)
        paint = partial(_fir, scene=scene, place=place, height=height, onset=onset)
        canvas = canvas.within(box, paint)
    return canvas


def _fir(canvas: Canvas, scene: Scene, place: float, height: float, onset: float) -> Canvas:
    """Paint one fir: tiers of branches that lean with the wind."""
    grown = ramp(scene.f["trees"] - onset, -0.55, 0.5)
    tall = height * (0.02 + 0.98 * grown)
    where = canvas.x.new_full((1, 1, 1, 1), place)
    foot = torch.minimum(bank(scene, where), where * 0.0 + 0.86) + 0.06
    down = (canvas.y - foot + tall) / tall
    lean = 0.24 * scene.f["wind"] * tall * (1.0 - down.clamp(max=1.0)) ** 2
    across = scene.across(canvas, 1.35) - place - lean
    tier = down * 6.0
    saw = (
        0.5
        - torch.atan(torch.sin(2 * torch.pi * tier) / (1.25 - torch.cos(2 * torch.pi * tier)))
        / torch.pi
    )
    half = (
        tall * (0.035 + 0.20 * down.clamp(0.0, 1.0)) * (0.55 + 0.45 * saw) * ramp(down, -0.02, 0.10)
    )
    half = torch.where(down > 0.93, tall * 0.026 + 0.0 * half, half)
    body = coverage(across.abs() - half, canvas.pixel * 1.6)
    ends = ramp(down, -0.01, 0.03) * coverage(canvas.y - foot, canvas.pixel * 1.4)
    side = torch.tanh(1.5 * scene.sun_x)
    lit = (0.30 + 0.35 * (across / (half + 0.02)) * side).clamp(0.0, 1.0) * (
        0.35 + 0.65 * (1 - saw)
    )
    colour = blend(scene.colours.fir, scene.colours.fir_light, lit)
    return canvas.paint(colour, body * ends * ramp(grown, 0.0, 0.15))
