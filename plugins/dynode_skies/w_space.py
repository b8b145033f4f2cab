"""The code space of the bundled generator of landscapes: an affine picture of the factors."""

from __future__ import annotations

from torch import Tensor

from dynode_skies.factor_table import FACTOR_NAMES
from dynode_worlds.code_space import CodeSpace

# From the factor that changes the picture most (root mean square over pixels, at a step of 1) to
# the one that changes it least.
_BY_EFFECT = (
    "night",
    "turn",
    "horizon",
    "snow",
    "cloud_cover",
    "trees",
    "water",
    "sun_height",
    "cloud_drift",
    "ridge_height",
    "sun_bearing",
    "cloud_scale",
    "wind",
    "season",
    "massif",
    "haze",
    "sky_hue",
    "ridge_shape",
    "aurora",
    "waves",
)

CODE_SPACE = CodeSpace(FACTOR_NAMES, _BY_EFFECT, seed=20261)


def code_of(factors: Tensor, w_dim: int = 512) -> Tensor:
    """Return the code w of given factors: w = mean + E f; see `CodeSpace.code_of`."""
    return CODE_SPACE.code_of(factors, w_dim)


def factors_of(codes: Tensor) -> Tensor:
    """Read the factors (..., F) off codes (..., w_dim); see `CodeSpace.factors_of`."""
    return CODE_SPACE.factors_of(codes)
