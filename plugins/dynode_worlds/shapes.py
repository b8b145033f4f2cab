"""Anti-aliased shapes: signed distances from squared profiles, and their coverage.

Every outline is a *profile*: at each place along an axis it has a squared
half-width S, and a point at `offset` from the axis is inside when
offset² < S. One first-order formula turns that into a distance, and because S
varies along one axis only, most of the arithmetic happens on rows or columns
instead of whole pictures.
"""

from __future__ import annotations

import torch
from torch import Tensor

_TINY = 1e-7


def coverage(distance: Tensor, softness: Tensor | float) -> Tensor:
    """Turn signed distance (negative inside) into coverage in (0, 1).

    Args:
        distance: Signed distance to the outline.
        softness: Width of the edge, same unit; one pixel for a crisp edge.
    """
    return torch.sigmoid(distance * (-4.0 / softness))


def stroke(distance: Tensor, half_width: Tensor | float) -> Tensor:
    """Return a soft line along distance zero, 1 at its middle, Gaussian across."""
    ratio = distance / half_width
    return torch.exp(-ratio * ratio)


def ramp(value: Tensor, start: float, end: float) -> Tensor:
    """Rise smoothly from 0 at `start` to 1 at `end` (smoothstep)."""
    t = ((value - start) / (end - start)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def profile(offset: Tensor, square: Tensor, half_slope: Tensor) -> Tensor:
    """Return the first-order signed distance to the outline offset² = square.

    Args:
        offset: Signed offset from the axis of the shape.
        square: Squared half-width along the axis; negative beyond its ends.
        half_slope: Half the derivative of `square` along the axis.
    """
    squared = offset * offset
    return (squared - square) * torch.rsqrt(squared + (half_slope * half_slope + _TINY)) * 0.5


def ellipse(x: Tensor, y: Tensor, radius_x: Tensor | float, radius_y: Tensor | float) -> Tensor:
    """Return the distance to an ellipse centred at the origin."""
    ratio = y / radius_y
    square = radius_x * radius_x * (1.0 - ratio * ratio)
    return profile(x, square, radius_x * radius_x * ratio / radius_y)


def egg(
    x: Tensor,
    y: Tensor,
    half_width: Tensor | float,
    *,
    up: Tensor | float,
    down: Tensor | float,
    power: Tensor | float = 2.0,
) -> Tensor:
    """Return the distance to an egg: an ellipse above, a superellipse below.

    Args:
        x: Offset from the vertical axis.
        y: Offset from the widest line, positive downwards.
        half_width: Half the width at the widest line.
        up: Height above the widest line.
        down: Height below it.
        power: Exponent of the lower half: 2 an ellipse, more squarer, less
            more pointed.
    """
    above = y < 0
    height = torch.where(above, -1.0 / up * torch.ones_like(y), 1.0 / down * torch.ones_like(y))
    t = (y * height).clamp(min=1e-6)
    exponent = torch.where(above, torch.full_like(t, 2.0), power * torch.ones_like(t))
    lower = t ** (exponent - 1.0)
    square = half_width * half_width * (1.0 - lower * t)
    return profile(x, square, half_width * half_width * 0.5 * exponent * lower * height)


def leaf(x: Tensor, y: Tensor, half_width: Tensor | float, half_height: Tensor | float) -> Tensor:
    """Return the distance to a leaf: two parabolas that meet at sharp corners.

    Args:
        x: Offset along the leaf.
        y: Offset across it; subtract a curve of `x` to bend the leaf.
        half_width: Distance from the middle to each corner.
        half_height: Half the thickness in the middle.
    """
    q = x / half_width
    gap = 1.0 - q * q
    thickness = half_height * half_height * gap.abs()
    return profile(y, thickness * gap, thickness * 2.0 * q / half_width)
