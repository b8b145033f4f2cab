"""What both sides descend: logistic losses and the gradient penalty."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

R1_EVERY = 16


def passing_loss(logits: Sequence[Tensor]) -> Tensor:
    """Return how far made clips are from passing for real (non-saturating logistic loss)."""
    return _summed([softplus(-each).mean() for each in logits])


def telling_loss(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Return how badly made and real clips are told apart."""
    return _summed([softplus(each).mean() for each in made]) + passing_loss(real)


def gradient_penalty(logits: Tensor, images: Tensor, gamma: float) -> Tensor:
    """Return R1 for an interval of `R1_EVERY` steps.

    Args:
        logits: Of real clips.
        images: (n F, …) their frames, which the logits were computed from.
        gamma: Weight.

    Returns:
        The squared norm of the gradient by each frame, averaged over frames and clips, times half of
        the weight and the interval.

    Source:
        Mescheder et al. 2018, arXiv:1801.04406; Skorokhodov et al. 2022, arXiv:2112.14683 (the mean
        over the frames of a clip).
    """
    (slope,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean() * (gamma / 2 * R1_EVERY)


def _summed(losses: Sequence[Tensor]) -> Tensor:
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    return total
