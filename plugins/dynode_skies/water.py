"""The lake: what stands over its shore once more, upside down, broken by waves."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_skies.scene import Scene
from dynode_worlds.canvas import Canvas
from dynode_worlds.colour import blend
from dynode_worlds.shapes import coverage, ramp


def paint_lake(canvas: Canvas, scene: Scene, above: Canvas) -> Canvas:
    """Paint the lake from its shore down to the edge of the picture, mirroring what is `above`."""
    colours, waves = scene.colours, 0.5 + 0.5 * scene.f["waves"]
    below = (canvas.y - scene.shore).clamp(min=0.0)
    swell = 13.0 * torch.log(below + 0.07)
    x = scene.across(canvas, 1.2)
    mirrored = _mirrored(above, scene, below, waves, swell)
    deep = 0.14 + 0.34 * ramp(below, 0.0, 0.9) + 0.16 * waves
    water = blend(mirrored, colours.lake, deep)
    crest = torch.cos(swell * 2.0 + 2.3 * torch.sin(3.0 * x) + 1.3 * torch.sin(7.0 * x + 2.0))
    fine = 0.24 * waves * ramp(below, 0.0, 0.25)
    water = blend(water, colours.sparkle, fine * (0.5 + 0.5 * crest) ** 2)
    water = blend(water, colours.lake, 0.9 * fine * (0.5 - 0.5 * crest) ** 2)
    edge = torch.exp(-((below / 0.016) ** 2))
    water = blend(water, colours.hill_shade, 0.5 * edge)
    return canvas.paint(water, coverage(scene.shore - canvas.y, canvas.pixel * 1.4))


def _mirrored(above: Canvas, scene: Scene, below: Tensor, waves: Tensor, swell: Tensor) -> Tensor:
    """Mix rows of the picture: each row of the lake is a bell of rows above the shore.

    The bell is as wide as the waves are high and lies where the surface is tilted to; it is never
    narrower than a pixel, so that the reflection is smooth in the level of the water.
    """
    tilt = 0.050 * waves * torch.sin(swell) * ramp(below, 0.0, 0.3)
    source = scene.shore - 0.94 * below + tilt
    width = 0.75 * above.pixel + 0.075 * waves * ramp(below, -0.1, 0.5)
    offset = (above.y.mT - source) / width
    bell = torch.exp(-offset * offset) * coverage(above.y.mT - scene.shore, above.pixel)
    bell = bell / (bell.sum(-1, keepdim=True) + 1e-6)
    return bell @ above.image
