"""The code space of the bundled generator: an affine picture of the factors."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD

BASIS_SEED = 20241
"""Seed of the directions the factors take in the code space."""

MEAN_STD = 5.0
"""Mean of each coordinate of w in its own standard deviations, so that w is positive."""

_SPREAD_RANGE = (0.75, 1.35)

# From the factor that changes the picture most (root mean square over pixels, at a step of 1) to
# the one that changes it least.
_BY_EFFECT = (
    "background_lightness",
    "background_hue",
    "yaw",
    "hair_length",
    "pitch",
    "age",
    "skin",
    "face_width",
    "hair_lightness",
    "clothes_hue",
    "eye_open",
    "light",
    "glasses",
    "beard",
    "brow",
    "gaze",
    "smile",
    "mouth_open",
    "hair_hue",
    "jaw",
    "nose_size",
    "lip_colour",
    "eye_hue",
)


@lru_cache(maxsize=4)
def _basis(w_dim: int) -> np.ndarray:
    """Return E, shape (w_dim, F): column j is how w moves per unit of factor j."""
    count = len(FACTOR_NAMES)
    draw = np.random.RandomState(BASIS_SEED).standard_normal((w_dim, count))
    columns, triangle = np.linalg.qr(draw)
    columns = columns * np.sign(np.diag(triangle))
    rank = np.array([_BY_EFFECT.index(name) for name in FACTOR_NAMES])
    low, high = _SPREAD_RANGE
    spread = high * (low / high) ** (rank / (count - 1))
    spread /= np.sqrt(np.mean(spread**2))
    basis: np.ndarray = columns * spread * np.sqrt(w_dim / count) / FACTOR_STD
    return basis


def factor_basis(w_dim: int = 512) -> Tensor:
    """Return how w moves per unit of each factor.

    The columns are orthogonal, and of different lengths: a factor that changes
    more pixels moves w further, as in codes that were learned. On average over
    the coordinates the population has unit variance.

    Args:
        w_dim: Width of w, at least the number of factors.

    Returns:
        (w_dim, F) float64.
    """
    return torch.from_numpy(_basis(w_dim).copy())


def mean_code(w_dim: int = 512) -> Tensor:
    """Return the code of the portrait with all factors zero, (w_dim,) float64."""
    basis = factor_basis(w_dim)
    return MEAN_STD * FACTOR_STD * basis.square().sum(1).sqrt()


def code_of(factors: Tensor, w_dim: int = 512) -> Tensor:
    """Return the code w of given factors: w = mean + E f.

    Args:
        factors: (n, F) in [-1, 1].
        w_dim: Width of w.

    Returns:
        (n, w_dim), same dtype and device as `factors`.
    """
    return mean_code(w_dim).to(factors) + factors @ factor_basis(w_dim).to(factors).t()


def factors_of(codes: Tensor) -> Tensor:
    """Read the factors off codes; what `code_of` cannot have made is ignored.

    Args:
        codes: (..., w_dim).

    Returns:
        (..., F), same dtype and device as `codes`.
    """
    w_dim = codes.shape[-1]
    reading = torch.linalg.pinv(factor_basis(w_dim)).to(codes)
    factors: Tensor = (codes - mean_code(w_dim).to(codes)) @ reading.t()
    return factors
