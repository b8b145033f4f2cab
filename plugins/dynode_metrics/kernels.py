"""Kernel distances of two sets of features: KID, and the estimator of JEDi."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode_metrics.rows import CollectedRows, Embed


def polynomial_mmd(a: Tensor, b: Tensor, *, degree: int = 3, offset: float = 1.0) -> float:
    """Estimate the squared maximum mean discrepancy without bias, in float64.

    The kernel is (xᵀy / d + offset)^degree; pairs of an item with itself are left out.

    Args:
        a: (n, d).
        b: (m, d).
        degree: Of the polynomial.
        offset: Added to the scaled product.

    Returns:
        The estimate, which is below 0 about half the time for sets of one distribution.

    Source:
        Gretton et al. 2012, lemma 6.
    """
    a, b = a.double(), b.double()

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + offset) ** degree

    def within(x: Tensor) -> Tensor:
        values = kernel(x, x)
        return (values.sum() - values.trace()) / (len(x) * (len(x) - 1))

    return float(within(a) + within(b) - 2 * kernel(a, b).mean())


def kernel_distance(
    a: Tensor, b: Tensor, *, subsets: int = 100, size: int = 1000, seed: int = 2020
) -> tuple[float, float]:
    """Average the MMD of the cubic kernel over subsets.

    Args:
        a: Features (n, d).
        b: Features (m, d).
        subsets: How many.
        size: Items of each, fewer where a set has fewer.
        seed: Of numpy's RandomState; 2020 draws what torch-fidelity draws.

    Returns:
        Mean and standard deviation over the subsets; times 1000 is what StyleGAN's code prints.

    Source:
        Bińkowski et al. 2018, KID, arXiv:1801.01401.
    """
    size = min(size, len(a), len(b))
    random = np.random.RandomState(seed)
    found = []
    for _ in range(subsets):
        of_a = torch.from_numpy(random.choice(len(a), size, replace=False))
        of_b = torch.from_numpy(random.choice(len(b), size, replace=False))
        found.append(polynomial_mmd(a[of_a], b[of_b]))
    return float(np.mean(found)), float(np.std(found))


class KernelMeasurement(CollectedRows):
    """KID: mean and deviation over subsets, times 1000."""

    def __init__(
        self, embed: Embed, spec: Mapping[str, str], cache_key: str, *, subsets: int, size: int
    ) -> None:
        super().__init__(embed, spec, cache_key)
        kernel = f"(x·y/d + 1)³, {subsets} subsets of at most {size}, ×1000"
        self.spec = {**self.spec, "kernel": kernel}
        self._subsets, self._size = subsets, size

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        mean, deviation = kernel_distance(self.a, self.b, subsets=self._subsets, size=self._size)
        return {"kid": 1000 * mean, "kid-std": 1000 * deviation}


class PolynomialMeasurement(CollectedRows):
    """The estimator of JEDi: the MMD of a square kernel over all items, times 100.

    Source:
        Luo et al. 2024, JEDi, arXiv:2410.05203; its detector is V-JEPA. That the published code prints
        100 times the value could not be checked here.
    """

    def __init__(self, embed: Embed, spec: Mapping[str, str], cache_key: str, *, name: str) -> None:
        super().__init__(embed, spec, cache_key)
        self.spec = {**self.spec, "kernel": "(x·y/d)², unbiased, ×100"}
        self._name = name

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        if min(len(self.a), len(self.b)) < 2:
            raise OptionError(f"{self._name} needs two items a side; give more")
        return {self._name: 100 * polynomial_mmd(self.a, self.b, degree=2, offset=0.0)}
