"""The Fréchet distance of two sets of features: FID, FVD and their kin."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from dynode_metrics.rows import Embed, SetMeasurement

Covariance = Literal["population", "sample"]


@dataclass
class Moments:
    """Mean and covariance of rows, added up in float64.

    Attributes:
        count: Rows so far.
    """

    count: int = 0
    _sum: Tensor = field(default_factory=lambda: torch.zeros(()))
    _products: Tensor = field(default_factory=lambda: torch.zeros(()))

    def add(self, rows: Tensor) -> None:
        """Add rows (n, d)."""
        rows = rows.double()
        if not self.count:
            self._sum, self._products = torch.zeros_like(rows[0]), rows.T @ rows * 0
        self._sum += rows.sum(0)
        self._products += rows.T @ rows
        self.count += len(rows)

    @property
    def mean(self) -> Tensor:
        """Mean (d,)."""
        return self._sum / self.count

    def covariance(self, convention: Covariance = "population") -> Tensor:
        """Covariance (d, d): of the `population` divided by n, of the `sample` by n - 1."""
        found = self._products / self.count - torch.outer(self.mean, self.mean)
        if convention == "sample":
            found *= self.count / (self.count - 1)
        return found


def frechet_distance(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """Measure the Fréchet distance of two normal distributions.

    |μa − μb|² + tr(Σa + Σb − 2 (Σa Σb)^½). The trace of the root is the sum of the roots of the
    eigenvalues of Σa^½ Σb Σa^½, which is symmetric; eigenvalues below 0 are rounding and count as 0.

    Args:
        mean_a: (d,) float64.
        cov_a: (d, d) float64.
        mean_b: Likewise.
        cov_b: Likewise.

    Returns:
        The distance; of equal distributions 0 up to rounding, which may be below 0.

    Source:
        Dowson and Landau 1982; Heusel et al. 2017, FID, arXiv:1706.08500. Deviation: the published
        codes take the real part of scipy's Schur root, which equals this where no eigenvalue is lost.
    """
    values, vectors = torch.linalg.eigh(cov_a)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    shared = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()
    far = (mean_a - mean_b).square().sum()
    return float(far + cov_a.trace() + cov_b.trace() - 2 * shared)


class FrechetMeasurement(SetMeasurement):
    """The Fréchet distance, from sums alone.

    Args:
        embed: Turns items into features (n, d).
        spec: See `Measurement`.
        cache_key: See `Measurement`.
        name: Name of the figure.
        covariance: What covariances are divided by.
    """

    def __init__(
        self,
        embed: Embed,
        spec: Mapping[str, str],
        cache_key: str,
        *,
        name: str,
        covariance: Covariance = "population",
    ) -> None:
        super().__init__(embed, spec, cache_key)
        self.spec = {**self.spec, "covariance": "/n" if covariance == "population" else "/(n-1)"}
        self._name, self._convention = name, covariance
        self._a, self._b = Moments(), Moments()

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        for moments, rows in ((self._a, a), (self._b, b)):
            if rows is not None:
                moments.add(rows)

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        width = len(self._a.mean)
        fewer = min(self._a.count, self._b.count)
        if fewer <= width:
            warnings.warn(
                f"{self._name}: {fewer} items for {width} features leave the covariance singular, and the "
                f"distance too large; compare it only with figures of as many items, or take more",
                stacklevel=2,
            )
        sides = [
            part for m in (self._a, self._b) for part in (m.mean, m.covariance(self._convention))
        ]
        return {self._name: frechet_distance(*sides)}
