"""Robust PCA: a matrix as the sum of one of low rank and a sparse one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_GROWTH = 1.05  # of the penalty; at 1.05 the objective is within 1e-5 of the optimum, at 1.5 3e-4
_FIRST_PENALTY = 0.1
_LARGEST_PENALTY = 1e9
_TOLERANCE = 1e-7
_MOST_STEPS = 2000
_PUBLISHED_TOLERANCE = 1e-7
_PUBLISHED_STEPS = 1000


@dataclass(frozen=True, eq=False)
class Split:
    """A matrix taken apart.

    Attributes:
        low_rank: (m, k).
        sparse: (m, k).
        steps: Iterations it took.
        residual: Length of what neither part holds, relative to that of the matrix.
    """

    low_rank: Tensor
    sparse: Tensor
    steps: int
    residual: float


def sparsity_price(matrix: Tensor) -> float:
    """Return the usual price of an entry of the sparse part, 1 / sqrt(max(m, k))."""
    return 1 / math.sqrt(max(matrix.shape))


def robust_split(matrix: Tensor) -> Split:
    """Minimise the sum of singular values of L plus the price of the entries of S, L + S = matrix.

    Args:
        matrix: (m, k), not zero.

    Source:
        Candès et al. 2011, Robust Principal Component Analysis?, arXiv:0912.3599, solved by
        tensorly's augmented Lagrangian. It counts the singular values once for each of the two ways
        to unfold a matrix, hence the half.
    """
    import tensorly
    from tensorly.decomposition import robust_pca

    size = float(torch.linalg.matrix_norm(matrix.double(), 2))
    with tensorly.backend_context("numpy", local_threadsafe=True):
        low, sparse, errors = robust_pca(
            matrix.detach().double().cpu().numpy() / size,
            tol=_TOLERANCE,
            reg_E=sparsity_price(matrix),
            reg_J=0.5,
            mu_init=_FIRST_PENALTY,
            mu_max=_LARGEST_PENALTY,
            learning_rate=_GROWTH,
            n_iter_max=_MOST_STEPS,
            return_errors=True,
            verbose=0,
        )
    low_rank, rest = (torch.from_numpy(part).to(matrix) * size for part in (low, sparse))
    return Split(low_rank, rest, len(errors), _residual(matrix, low_rank, rest))


def published_split(matrix: Tensor) -> Split:
    """Run the released loop, with its fixed penalty and its loose stopping rule.

    The error is relative and the tolerance grows with the matrix, so on codes it stops after a few
    steps and a part of the matrix is in neither result. In the type of the codes.

    Args:
        matrix: (m, k), not zero.

    Source:
        Wu et al. 2022, micromotion-styleGAN, its robust PCA; the penalty divides by the sum of
        squares where the literature has the sum of magnitudes.
    """
    energy = matrix.square().sum()
    penalty = matrix.numel() / (4 * energy)
    price = sparsity_price(matrix)
    sparse, multiplier = torch.zeros_like(matrix), torch.zeros_like(matrix)
    low_rank, steps = sparse, 0
    while steps < _PUBLISHED_STEPS:
        steps += 1
        low_rank = _shrunk_spectrum(matrix - sparse + multiplier / penalty, 1 / penalty)
        sparse = _shrunk(matrix - low_rank + multiplier / penalty, price / penalty)
        rest = matrix - low_rank - sparse
        multiplier = multiplier + penalty * rest
        if rest.square().sum() / energy <= _PUBLISHED_TOLERANCE * energy:
            break
    return Split(low_rank, sparse, steps, _residual(matrix, low_rank, sparse))


def _shrunk_spectrum(matrix: Tensor, amount: Tensor) -> Tensor:
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    shrunk: Tensor = left @ torch.diag(_shrunk(values, amount)) @ right
    return shrunk


def _shrunk(values: Tensor, amount: Tensor) -> Tensor:
    shrunk: Tensor = values.sign() * (values.abs() - amount).clamp_min(0)
    return shrunk


def _residual(matrix: Tensor, low_rank: Tensor, sparse: Tensor) -> float:
    return float((matrix - low_rank - sparse).double().norm() / matrix.double().norm())
