"""Linear support vector machines: the published solver, and a fast one for the same problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_COST = 1.0
_PUBLISHED_TOLERANCE = 1e-3
_WIDTHS = (2.0, 0.6, 0.2, 0.06, 0.02, 0.006, 0.002, 6e-4, 2e-4, 6e-5, 2e-5)
"""Widths of the rounded corner; the first holds every sample at the start, where all slacks are 1."""
_NEWTON_STEPS = 60
_HALVINGS = 30
_DECREASE = 1e-6
_DAMPING = 1e-2
"""Keeps the step of the unpenalised intercept finite where no sample is near the corner."""
_GAP = 1e-5


@dataclass(frozen=True, eq=False)
class Hyperplane:
    """The plane `normal · x + offset = 0` between two classes.

    Attributes:
        normal: (d,) float64, not normalised.
        offset: Unpenalised intercept.
    """

    normal: Tensor
    offset: float

    def side(self, codes: Tensor) -> Tensor:
        """Return the signed score of codes (n, d): (n,)."""
        return codes.to(self.normal) @ self.normal + self.offset


Solver = Callable[[Tensor, Tensor], Hyperplane]
"""From codes (n, d) and booleans (n,) to a plane."""


def solve_published(codes: Tensor, positive: Tensor) -> Hyperplane:
    """Solve with libsvm through scikit-learn, as the published code does."""
    from sklearn.svm import SVC

    classifier = SVC(kernel="linear", C=_COST, tol=_PUBLISHED_TOLERANCE, random_state=0)
    classifier.fit(codes.cpu().numpy(), positive.long().cpu().numpy())
    normal = torch.from_numpy(classifier.coef_.reshape(-1).astype("float64"))
    return Hyperplane(normal, float(classifier.intercept_[0]))


def solve_fast(codes: Tensor, positive: Tensor) -> Hyperplane:
    """Solve the same problem by Newton steps on a smoothed hinge that sharpens.

    The objective is ½|n|² + C Σ max(0, 1 - y(n·x + b)) with C = 1 and b free. The corner of the
    hinge is rounded to a parabola of shrinking width; each width is solved by Newton's method from
    the solution before. It stops when the duality gap is below 0.001 % of the objective, so the
    result is certified, not assumed.

    Args:
        codes: (n, d).
        positive: (n,) booleans.
    """
    points = codes.double()
    mean = points.mean(0)
    centred = points - mean
    basis = _row_space(centred)
    reduced = centred if basis is None else centred @ basis
    signs = torch.where(positive, 1.0, -1.0).to(reduced)
    problem = _SmoothHinge(torch.cat([reduced, torch.ones_like(reduced[:, :1])], 1), signs)
    solution = torch.zeros(problem.features.shape[1], dtype=torch.float64, device=codes.device)
    for width in _WIDTHS:
        solution, slopes = problem.minimise(solution, width)
        if problem.gap(solution, slopes) < _GAP:
            break
    normal = solution[:-1] if basis is None else basis @ solution[:-1]
    return Hyperplane(normal.cpu(), float(solution[-1] - normal @ mean))


def _row_space(points: Tensor) -> Tensor | None:
    """Return an orthonormal basis (d, n) of the samples when they are fewer than dimensions.

    The normal lies in their span, so a problem of n unknowns has the same solution.
    """
    count, width = points.shape
    if count >= width:
        return None
    basis: Tensor = torch.linalg.qr(points.t())[0]
    return basis


@dataclass(frozen=True, eq=False)
class _SmoothHinge:
    """The objective with rounded hinge; the last feature is constant and not penalised.

    Attributes:
        features: (n, d + 1).
        signs: (n,), 1 or -1.
    """

    features: Tensor
    signs: Tensor

    def minimise(self, start: Tensor, width: float) -> tuple[Tensor, Tensor]:
        """Return the minimum and the slope of the loss at every sample, in [0, C]."""
        solution = start
        value, slack = self._value(solution, width)
        for _ in range(_NEWTON_STEPS):
            slopes = _COST * ((slack + width) / (2 * width)).clamp(0, 1)
            gradient = self._penalised(solution) - self.features.t() @ (slopes * self.signs)
            step = self._newton_step(gradient, slack, width)
            decrease = -float(gradient @ step)
            if decrease < _DECREASE * max(value, 1e-12):
                break
            size, trial_value, trial_slack = self._line_search(
                solution, step, value, decrease, width
            )
            if not size:
                break
            solution, value, slack = solution + size * step, trial_value, trial_slack
        return solution, _COST * ((slack + width) / (2 * width)).clamp(0, 1)

    def _line_search(
        self, solution: Tensor, step: Tensor, value: float, decrease: float, width: float
    ) -> tuple[float, float, Tensor]:
        """Halve the step until the value falls as it should; 0 if it never does."""
        size = 1.0
        for _ in range(_HALVINGS):
            trial_value, slack = self._value(solution + size * step, width)
            if trial_value <= value - 1e-4 * size * decrease:
                return size, trial_value, slack
            size /= 2
        return 0.0, value, slack

    def _penalised(self, solution: Tensor) -> Tensor:
        return torch.cat([solution[:-1], solution.new_zeros(1)])

    def _value(self, solution: Tensor, width: float) -> tuple[float, Tensor]:
        slack = 1 - self.signs * (self.features @ solution)
        rounded = (slack + width).clamp(0, 2 * width).square() / (4 * width)
        loss = rounded + (slack - width).clamp(min=0)
        return float(0.5 * solution[:-1].square().sum() + _COST * loss.sum()), slack

    def _newton_step(self, gradient: Tensor, slack: Tensor, width: float) -> Tensor:
        near = self.features[slack.abs() < width]
        hessian = near.t() @ near * (_COST / (2 * width))
        hessian.diagonal()[:-1].add_(1.0)
        hessian.diagonal()[-1:].add_(_DAMPING)
        factor = torch.linalg.cholesky(hessian)
        return -torch.cholesky_solve(gradient[:, None], factor)[:, 0]

    def gap(self, solution: Tensor, slopes: Tensor) -> float:
        """Return the duality gap of the unrounded problem as a share of its value."""
        slack = 1 - self.signs * (self.features @ solution)
        half_norm = 0.5 * solution[:-1].square().sum()
        primal = half_norm + _COST * slack.clamp(min=0).sum()
        balanced = self._balanced(slopes)
        normal = self.features[:, :-1].t() @ (balanced * self.signs)
        dual = balanced.sum() - 0.5 * normal.square().sum()
        return float((primal - dual) / primal)

    def _balanced(self, slopes: Tensor) -> Tensor:
        """Make the two classes' slopes equal in sum, as the free intercept demands."""
        positive = self.signs > 0
        high, low = slopes[positive].sum(), slopes[~positive].sum()
        if float(torch.minimum(high, low)) <= 0:
            return torch.zeros_like(slopes)
        least = torch.minimum(high, low)
        return torch.where(positive, slopes * (least / high), slopes * (least / low))


SOLVERS: dict[str, Solver] = {"fast": solve_fast, "published": solve_published}
"""Solvers by the name of the option."""
