"""A smooth path through the states of a clip: the prior on what happens between two frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_LENGTHS = tuple(0.5 * 16 ** (step / 8) for step in range(9))  # in frame gaps: 0.5 to 8
_NOISES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
_JITTER = 1e-6


@dataclass(frozen=True, eq=False)
class SmoothPath:
    """The posterior mean of a Gaussian process, one per component of the state.

    A component is a constant plus a twice differentiable Matérn process plus white noise. Its length
    and noise are not chosen but averaged over a fixed grid, each weighted by how well it predicts the
    observed states (restricted marginal likelihood): nothing is tuned on frames that are left out.

    Attributes:
        times: (n,) float64, increasing.
        lengths: (grid,) length scales in units of time.
        coefficients: (grid, n, rank) weights of the kernels.
        means: (grid, rank).
        belief: (grid, rank) posterior probability of each grid point; sums to 1.
    """

    times: Tensor
    lengths: Tensor
    coefficients: Tensor
    means: Tensor
    belief: Tensor

    def value(self, times: Tensor) -> Tensor:
        """Return the states (m, rank) at times (m,), float64."""
        each = _kernel(self._gaps(times)) @ self.coefficients + self.means[:, None]
        return (self.belief[:, None] * each).sum(0)

    def velocity(self, times: Tensor) -> Tensor:
        """Return the time derivative (m, rank) of `value`, float64."""
        slopes = _kernel_slope(self._gaps(times)) * math.sqrt(5) / self.lengths[:, None, None]
        return (self.belief[:, None] * (slopes @ self.coefficients)).sum(0)

    def _gaps(self, times: Tensor) -> Tensor:
        gaps = times.to(self.times)[:, None] - self.times
        return math.sqrt(5) * gaps / self.lengths[:, None, None]

    @staticmethod
    def through(times: Tensor, states: Tensor, *, smoothing: bool) -> SmoothPath:
        """Fit the path.

        Args:
            times: (n,) increasing.
            states: (n, rank) observed.
            smoothing: Whether the observations may be noisy; without, the path passes through each
                of them (to 1e-6 of its variance).
        """
        times, states = times.double(), states.double()
        gap = float(times.diff().median())
        grid = [(a * gap, b) for a in _LENGTHS for b in (_NOISES if smoothing else (0.0,))]
        points = [_posterior(times, states, length, noise) for length, noise in grid]
        evidence = torch.stack([point[2] for point in points])
        return SmoothPath(
            times,
            torch.tensor([length for length, _ in grid], dtype=torch.float64, device=times.device),
            torch.stack([point[0] for point in points]),
            torch.stack([point[1] for point in points]),
            torch.softmax(evidence, 0),
        )


def _kernel(gaps: Tensor) -> Tensor:
    """Matérn 5/2 covariance; `gaps` are sqrt(5) * difference / length."""
    size = gaps.abs()
    return (1 + size + size.square() / 3) * torch.exp(-size)


def _kernel_slope(gaps: Tensor) -> Tensor:
    return -gaps * (1 + gaps.abs()) / 3 * torch.exp(-gaps.abs())


def _posterior(
    times: Tensor, states: Tensor, length: float, noise: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return kernel weights (n, rank), mean (rank,) and log evidence (rank,)."""
    n = len(times)
    covariance = _kernel(math.sqrt(5) * (times[:, None] - times) / length)
    covariance = covariance + (noise + _JITTER) * torch.eye(n).to(covariance)
    factor = torch.linalg.cholesky(covariance)
    ones = states.new_ones(n, 1)
    weights_of_ones = torch.cholesky_solve(ones, factor)
    total = weights_of_ones.sum()
    mean = (weights_of_ones * states).sum(0) / total
    deviations = states - mean
    coefficients = torch.cholesky_solve(deviations, factor)
    variance = ((deviations * coefficients).sum(0) / (n - 1)).clamp_min(1e-18)
    log_determinant = 2 * factor.diagonal().log().sum()
    evidence = -0.5 * ((n - 1) * variance.log() + log_determinant + total.log())
    return coefficients, mean, evidence


def subdivided(times: Sequence[float] | Tensor, parts: int) -> Tensor:
    """Divide every interval between two times into equal parts: ((n - 1) * parts + 1,) float64."""
    ends = torch.as_tensor(times, dtype=torch.float64)
    steps = torch.arange(parts, dtype=torch.float64, device=ends.device) / parts
    inner = ends[:-1, None] + steps * ends.diff()[:, None]
    return torch.cat([inner.flatten(), ends[-1:]])
