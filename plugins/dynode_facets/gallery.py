"""Pictures of the facets world: one strip per factor, and sheets of random people."""

from __future__ import annotations

import math

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from dynode_facets.factors import FACTORS, population
from dynode_facets.render import render

_Z_DIM = 64
_LABEL_PX = 150


def factor_strips(
    base: Tensor | None = None, *, steps: int = 5, resolution: int = 128, columns: int = 1
) -> Image.Image:
    """Draw one labelled strip per factor, sweeping it from -1 to 1.

    Args:
        base: Factors of the person to vary, shape (F,); all zero by default.
        steps: Pictures per strip.
        resolution: Size of each picture in pixels.
        columns: Strips side by side; filled from top to bottom.

    Returns:
        An RGB picture.
    """
    base = torch.zeros(len(FACTORS)) if base is None else base
    height = math.ceil(len(FACTORS) / columns)
    width_px = _LABEL_PX + steps * resolution
    sheet = Image.new("RGB", (columns * width_px, height * resolution), "white")
    pen = ImageDraw.Draw(sheet)
    for index, factor in enumerate(FACTORS):
        rows = base.repeat(steps, 1)
        rows[:, index] = torch.linspace(-1, 1, steps)
        left, top = index // height * width_px, index % height * resolution
        sheet.paste(_grid(render(rows, resolution), steps), (left + _LABEL_PX, top))
        pen.text((left + 8, top + resolution // 2 - 6), factor.name, fill="black")
    return sheet


def contact_sheet(
    *, columns: int = 8, rows: int = 6, seed: int = 0, resolution: int = 128
) -> Image.Image:
    """Draw random people from the population, `rows` by `columns`."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(rows * columns, _Z_DIM, generator=generator)
    return _grid(render(population(z), resolution), columns)


def _grid(images: Tensor, columns: int) -> Image.Image:
    """Lay images (n, 3, h, w) in [-1, 1] out row by row; n is a multiple of `columns`."""
    count, channels, height, width = images.shape
    table = images.reshape(count // columns, columns, channels, height, width)
    pixels = table.permute(0, 3, 1, 4, 2).reshape(-1, columns * width, channels)
    levels = ((pixels + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return Image.fromarray(levels.cpu().numpy())
