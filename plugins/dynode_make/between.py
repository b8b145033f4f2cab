"""Between points in latent space: straight, on a smooth curve, or along great circles."""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor

from dynode.latents import Latents

_GOLDEN_ANGLE = 2.399963  # so that the waves do not begin together


def straight_weights(positions: Tensor, count: int, *, loop: bool) -> Tensor:
    """Weigh points for positions between them, linearly.

    Args:
        positions: (m,) float64; k is point k, k + 0.5 half-way to the next.
        count: Number of points.
        loop: Whether the first follows on the last.

    Returns:
        (m, count) float64; at a point exactly 1 for it and 0 for the others.
    """
    before, share = _split(positions, count, loop)
    rows = torch.arange(len(positions))
    weights = torch.zeros(len(positions), count, dtype=torch.float64)
    weights[rows, before] = 1 - share
    weights[rows, (before + 1) % count] += share
    return weights


def cubic_weights(positions: Tensor, count: int, *, loop: bool) -> Tensor:
    """Weigh points so that positions lie on the cubic spline through them; see `straight_weights`.

    Natural at its ends, or periodic. Two points, or one, give a straight line.
    """
    from scipy.interpolate import CubicSpline

    weights = straight_weights(positions, count, loop=loop)
    if count < 3:
        return weights
    eye = torch.eye(count, dtype=torch.float64)
    knots = torch.cat([eye, eye[:1]]) if loop else eye
    spline = CubicSpline(
        torch.arange(len(knots)).numpy(), knots.numpy(), bc_type="periodic" if loop else "natural"
    )
    where = positions % count if loop else positions
    curved = torch.from_numpy(spline(where.numpy()))
    is_point = (positions == positions.round())[:, None]
    return torch.where(is_point, weights, curved)


def wave_weights(positions: Tensor, count: int) -> Tensor:
    """Weigh points by waves: smooth noise in their span, which comes back after `count` positions.

    Every pair of points is the sine and the cosine of one more turn a round; a point left over has one
    weight all along. The squares of the weights add up to 1, so that normal points give normal mixtures.

    Returns:
        (m, count) float64; positions that lie `count` apart have the same.
    """
    waves = max(1, (count + 1) // 2)
    turn = positions * (2 * math.pi / count)
    columns = list[Tensor]()
    for wave in range(1, count // 2 + 1):
        angle = wave * turn + _GOLDEN_ANGLE * wave
        columns += [angle.cos(), angle.sin()]
    if count % 2:
        columns.append(torch.ones_like(turn))
    return torch.stack(columns, 1) / math.sqrt(waves)


def combine(points: Latents, weights: Tensor) -> Latents:
    """Weigh codes, offsets included: n points and weights (m, n) give m codes."""
    mix = weights.to(points.w)
    return Latents(
        (mix @ points.w.flatten(1)).view(-1, *points.w.shape[1:]),
        {name: mix @ part for name, part in points.styles.items()},
        tuple(dataclasses.replace(o, coefficients=mix @ o.coefficients) for o in points.weights),
    )


def along_circles(z: Tensor, positions: Tensor, *, loop: bool) -> Tensor:
    """Go from point to point along great circles, the length changing evenly (Shoemake 1985, slerp).

    Args:
        z: (n, z_dim) points.
        positions: (m,) float64, see `straight_weights`.
        loop: Whether the first follows on the last.

    Returns:
        (m, z_dim) of the type of `z`; a point exactly where the position is one.
    """
    before, share = _split(positions, len(z), loop)
    a, b = z[before].double(), z[(before + 1) % len(z)].double()
    t = share[:, None].to(a)
    length_a, length_b = a.norm(dim=1, keepdim=True), b.norm(dim=1, keepdim=True)
    cosine = ((a / length_a) * (b / length_b)).sum(1, keepdim=True).clamp(-1, 1)
    angle = cosine.arccos()
    is_flat = angle.sin() < 1e-6
    sine = torch.where(is_flat, torch.ones_like(angle), angle.sin())
    first = torch.where(is_flat, 1 - t, ((1 - t) * angle).sin() / sine)
    second = torch.where(is_flat, t, (t * angle).sin() / sine)
    length = length_a * (1 - t) + length_b * t
    gone = (first * a / length_a + second * b / length_b) * length
    return torch.where(t == 0, a, gone).to(z)


def _split(positions: Tensor, count: int, loop: bool) -> tuple[Tensor, Tensor]:
    """Return the point before each position, and the share of the way to the next."""
    before = positions.floor()
    share = positions - before
    index = before.long()
    return (index % count, share) if loop else (index.clamp(0, count - 1), share)
