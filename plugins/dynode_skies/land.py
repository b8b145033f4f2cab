"""Mountains with their snow, and the hills before them."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_skies.scene import Scene
from dynode_skies.sky import veil
from dynode_worlds.canvas import Canvas
from dynode_worlds.colour import blend
from dynode_worlds.shapes import coverage, ramp

# Place, height and steepness of each peak.
_PEAKS = (
    (-1.25, 0.30, 0.85),
    (-0.84, 0.43, 1.00),
    (-0.42, 0.35, 1.20),
    (-0.04, 0.44, 0.95),
    (0.38, 0.33, 1.15),
    (0.80, 0.45, 1.05),
    (1.24, 0.32, 0.90),
)


def paint_mountains(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint the far range: lit and shaded faces, snow from the peaks down."""
    f, colours = scene.f, scene.colours
    x = scene.across(canvas, 1.05)
    height, middle = _range(x, f)
    depth = canvas.y - (scene.skyline - height)
    cover = coverage(-depth, canvas.pixel * 1.4)
    jag = 0.45 + 0.55 * (0.5 + 0.5 * f["ridge_shape"])
    bend = 0.030 * torch.sin(34.0 * depth + 5.0 * x) + 0.016 * torch.sin(71.0 * depth - 9.0 * x)
    face = torch.tanh((middle + 0.30 * depth + jag * bend) * 17.0)
    towards = torch.tanh(1.6 * (scene.sun_x - 0.25))
    lit = 0.5 + 0.48 * face * towards * (0.35 + 0.65 * jag)
    altitude = scene.skyline - canvas.y
    line = 0.66 - 0.70 * (0.5 + 0.5 * f["snow"])
    ragged = 0.030 * torch.sin(14.0 * x + 3.0 * face) + 0.014 * torch.sin(31.0 * x)
    white = ramp(altitude + ragged - 0.05 * face * towards - line, -0.05, 0.06)
    rock = blend(colours.rock_shade, colours.rock, lit)
    snow = blend(colours.snow_shade, colours.snow, lit)
    rock = blend(rock, colours.hill_shade, 0.60 * ramp(depth, 0.10, 0.40))
    far = blend(blend(rock, snow, white), colours.haze, _thickness(scene, 0.22))
    canvas = canvas.paint(far, cover)
    return veil(canvas, scene, _thickness(scene, 0.24), scene.skyline + 0.02, 0.14)


def _range(x: Tensor, f: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the height of the range over each column, and how far right of its peak the column is.

    Peaks are tents; a soft maximum joins them, softer where they are rounded.
    """
    grown = 0.72 + 0.40 * f["ridge_height"]
    soft = 0.060 - 0.050 * f["ridge_shape"]
    blunt = 0.10 - 0.085 * f["ridge_shape"]
    tents, places = [], []
    for place, tall, slope in _PEAKS:
        bump = 0.30 * torch.exp(-(((place - 0.62 * f["massif"]) / 0.36) ** 2))
        offset = x - place
        run = torch.sqrt(offset * offset + blunt * blunt) - blunt
        tents.append((tall + bump) * grown - slope * (0.55 + 0.25 * grown) * run)
        places.append(offset)
    table = torch.stack(tents)
    height = soft * torch.logsumexp(table / soft, 0)
    weight = torch.softmax(table / soft, 0)
    middle = (weight * torch.stack(places)).sum(0)
    rough = 0.009 * (0.5 + 0.5 * f["ridge_shape"])
    height = height + rough * (torch.sin(23.0 * x + 1.0) + 0.5 * torch.sin(41.0 * x))
    return height.clamp(min=0.02), middle


def paint_hills(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint two rows of rounded hills down to the shore."""
    f, colours = scene.f, scene.colours
    x = scene.across(canvas, 1.15)
    back = 0.085 + 0.040 * torch.sin(2.7 * x + 0.4) + 0.022 * torch.sin(6.3 * x + 2.0)
    canvas = _hill(canvas, scene, back, blend(colours.hill, colours.hill_shade, 0.55), 0.42)
    x = scene.across(canvas, 1.25)
    front = 0.012 + 0.040 * torch.sin(3.4 * x + 2.6) + 0.016 * torch.sin(8.1 * x)
    front = front + 0.05 * (0.5 + 0.5 * f["trees"]) * torch.exp(-(((x - 0.9) / 0.5) ** 2))
    return _hill(canvas, scene, front, colours.hill, 0.22)


def _hill(canvas: Canvas, scene: Scene, height: Tensor, colour: Tensor, air: float) -> Canvas:
    top = scene.skyline - height
    depth = canvas.y - top
    shade = ramp(depth, -0.02, 0.16)
    painted = blend(colour, scene.colours.hill_shade, 0.60 * shade)
    painted = blend(painted, scene.colours.haze, _thickness(scene, air))
    return canvas.paint(painted, coverage(-depth, canvas.pixel * 1.4))


def _thickness(scene: Scene, distance: float) -> Tensor:
    """Return how much haze lies before things at a distance."""
    amount = 0.05 + 1.25 * (0.5 + 0.5 * scene.f["haze"]).clamp(min=0.0) ** 1.8
    return 1.0 - torch.exp(-2.6 * distance * amount)


def paint_meadow(canvas: Canvas, scene: Scene) -> Canvas:
    """Paint the near bank, which wide water drives out of the picture."""
    colours = scene.colours
    x = scene.across(canvas, 1.35)
    top = bank(scene, x)
    depth = canvas.y - top
    waving = 0.5 + 0.5 * torch.sin(16.0 * depth + 2.2 * x + 0.8 * torch.sin(4.0 * x))
    grass = blend(
        colours.meadow, colours.meadow_shade, 0.16 * waving + 0.72 * ramp(depth, -0.1, 0.8)
    )
    edge = torch.exp(-((depth - 0.012) / 0.022).square())
    grass = blend(grass, colours.meadow_shade, 0.55 * edge)
    return canvas.paint(grass, coverage(-depth, canvas.pixel * 1.4))


def bank(scene: Scene, x: Tensor) -> Tensor:
    """Return where the near bank begins at each column."""
    level = scene.shore + 0.16 + 0.46 * (0.5 + 0.5 * scene.f["water"])
    return level + 0.055 * torch.sin(2.1 * x + 0.9) + 0.020 * torch.sin(5.2 * x) + 0.06 * x
