"""The code space of the bundled generator: an affine picture of the factors."""

from __future__ import annotations

from torch import Tensor

from dynode_facets.factor_table import FACTOR_NAMES
from dynode_worlds.code_space import CodeSpace

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

CODE_SPACE = CodeSpace(FACTOR_NAMES, _BY_EFFECT, seed=20241)


def factor_basis(w_dim: int = 512) -> Tensor:
    """Return how w moves per unit of each factor, (w_dim, F) float64; see `CodeSpace.basis`."""
    return CODE_SPACE.basis(w_dim)


def mean_code(w_dim: int = 512) -> Tensor:
    """Return the code of the portrait with all factors zero, (w_dim,) float64."""
    return CODE_SPACE.mean(w_dim)


def code_of(factors: Tensor, w_dim: int = 512) -> Tensor:
    """Return the code w of given factors: w = mean + E f; see `CodeSpace.code_of`."""
    return CODE_SPACE.code_of(factors, w_dim)


def factors_of(codes: Tensor) -> Tensor:
    """Read the factors (..., F) off codes (..., w_dim); see `CodeSpace.factors_of`."""
    return CODE_SPACE.factors_of(codes)
