"""A batch of pictures with coordinates: paint on it, or on a window of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor


class View(NamedTuple):
    """What a square picture shows: its corner and its side, y downwards."""

    left: float
    top: float
    side: float


class Box(NamedTuple):
    """A fixed rectangle in the units of the picture, y downwards."""

    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Canvas:
    """Pictures (n, 3, h, w) in [0, 1] and the coordinates of their pixel centres.

    Attributes:
        image: The pictures painted so far; never modified in place.
        x: Horizontal coordinates, shape (1, 1, 1, w).
        y: Vertical coordinates, downwards, shape (1, 1, h, 1).
        pixel: Size of one pixel in the same units.
        view: What the whole picture shows.
    """

    image: Tensor
    x: Tensor
    y: Tensor
    pixel: float
    view: View

    @staticmethod
    def blank(count: int, resolution: int, like: Tensor, view: View) -> Canvas:
        """Return a black canvas with the dtype and device of `like`."""
        axis = torch.arange(resolution, dtype=like.dtype, device=like.device)
        pixel = view.side / resolution
        axis = (axis + 0.5) * pixel
        image = like.new_zeros(count, 3, resolution, resolution)
        x, y = axis.view(1, 1, 1, -1) + view.left, axis.view(1, 1, -1, 1) + view.top
        return Canvas(image, x, y, pixel, view)

    def paint(self, colour: Tensor, cover: Tensor) -> Canvas:
        """Lay a colour over the picture, opaque where `cover` is 1."""
        return replace(self, image=torch.lerp(self.image, colour, cover))

    def within(self, box: Box, painter: Callable[[Canvas], Canvas]) -> Canvas:
        """Paint inside a fixed window only, which costs less than the whole picture."""
        top, bottom = self._span(box.top - self.view.top, box.bottom - self.view.top)
        left, right = self._span(box.left - self.view.left, box.right - self.view.left)
        rows = self.image[:, :, top:bottom]
        part = Canvas(
            rows[..., left:right],
            self.x[..., left:right],
            self.y[:, :, top:bottom],
            self.pixel,
            self.view,
        )
        rows = torch.slice_scatter(rows, painter(part).image, 3, left, right)
        return replace(self, image=torch.slice_scatter(self.image, rows, 2, top, bottom))

    def _span(self, low: float, high: float) -> tuple[int, int]:
        size = self.image.shape[-1]
        start, end = math.floor(low / self.pixel), math.ceil(high / self.pixel)
        return max(start, 0), min(end, size)
