"""Reduce a matrix to few components, and say how much these explain."""

from __future__ import annotations

import torch
from torch import Tensor


def explained(matrix: Tensor) -> Tensor:
    """Return the share of the squared length that the first 1, 2, … components hold.

    Args:
        matrix: (m, k); not centred.

    Returns:
        (min(m, k),) float64, non-decreasing, ending in 1; all 1 for a matrix of zeros.
    """
    energy = torch.linalg.svdvals(matrix.double()).square()
    total = energy.sum()
    return torch.ones_like(energy) if total == 0 else energy.cumsum(0) / total


def rank_for(matrix: Tensor, variance: float) -> int:
    """Return the least number of components that holds a share of the squared length."""
    shares = explained(matrix)
    needed = int((shares < variance - 1e-12).sum()) + 1
    return min(needed, len(shares))


def truncated(matrix: Tensor, rank: int) -> Tensor:
    """Return the nearest matrix of a rank, (m, k)."""
    left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
    nearest: Tensor = (left[:, :rank] * values[:rank]) @ right[:rank]
    return nearest.to(matrix)


def randomised(matrix: Tensor, rank: int) -> Tensor:
    """Reduce as the released code does: a randomised factorisation without oversampling.

    It draws from torch's global random state, and differs from `truncated` where the singular
    values fall slowly.
    """
    left, values, right = torch.pca_lowrank(matrix, q=rank, center=False)
    return left @ torch.diag(values) @ right.T
