"""Principal components of codes in W, accumulated in batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dynode.generator import Generator, draw_labels

_BATCH = 4096


@dataclass(frozen=True, eq=False)
class Principal:
    """A decomposition.

    Attributes:
        mean: (w_dim,).
        components: (k, w_dim), unit rows by falling variance.
        deviations: (k,) standard deviation of the codes along each.
    """

    mean: Tensor
    components: Tensor
    deviations: Tensor


def principal_components(generator: Generator, samples: int, *, seed: int) -> Principal:
    """Decompose the covariance of mapped codes.

    Args:
        generator: Whose mapping network.
        samples: Number of codes.
        seed: Seed of numpy's RandomState.

    Source:
        Härkönen et al. 2020, GANSpace, arXiv:2004.02546, the variant in W.
        Deviation: the exact covariance in double precision instead of incremental PCA; the sign,
        which is open, makes the largest entry positive.
    """
    info = generator.info
    draw = np.random.RandomState(seed)
    total = torch.zeros(info.w_dim, dtype=torch.float64)
    products = torch.zeros(info.w_dim, info.w_dim, dtype=torch.float64)
    for start in range(0, samples, _BATCH):
        count = min(_BATCH, samples - start)
        z = torch.from_numpy(draw.randn(count, info.z_dim).astype(np.float32))
        labels = draw_labels(info, count, seed=seed + start)
        with torch.inference_mode():
            mapped = generator.map(z, c=labels).w[:, 0]
        codes = mapped.double().cpu()
        total += codes.sum(0)
        products += codes.t() @ codes
    mean = total / samples
    covariance = products / samples - mean[:, None] * mean[None, :]
    values, vectors = torch.linalg.eigh(covariance)
    components = vectors.flip(1).t()
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    deviations = values.flip(0).clamp(min=0).sqrt()
    return Principal(mean, components * largest.sign(), deviations)
