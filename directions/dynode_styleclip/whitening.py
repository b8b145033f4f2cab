"""The principal axes of W, scaled so that one unit along any of them is equally likely."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.generator import Generator

_SAMPLES = 4096
_KEPT_VARIANCE = 0.999


def principal_axes(generator: Generator, *, seed: int) -> Tensor:
    """Measure W on mapped samples.

    Args:
        generator: Whose mapping network is sampled.
        seed: Seed of the sample.

    Returns:
        (k, w_dim) axes, each as long as the standard deviation along it, longest first; k is the
        least number that keeps 99.9 % of the variance.
    """
    with torch.no_grad():
        w = generator.sample(_SAMPLES, seed=seed, truncation=1.0).w[:, 0].double()
    centred = w - w.mean(0)
    variances, vectors = torch.linalg.eigh(centred.T @ centred / (len(w) - 1))
    variances, vectors = variances.flip(0).clamp_min(0), vectors.flip(1)
    kept = int((variances.cumsum(0) < _KEPT_VARIANCE * variances.sum()).sum()) + 1
    axes: Tensor = (vectors[:, :kept] * variances[:kept].sqrt()).T
    return axes.to(generator.dtype)
