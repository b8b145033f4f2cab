"""Ranger: the optimiser of the published encoders."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

_THRESHOLD = 5.0
_PERIOD = 6
_PULL = 0.5


class Ranger(torch.optim.Optimizer):
    """Rectified Adam with look-ahead and centred gradients.

    Args:
        parameters: What to train.
        lr: Learning rate.
        betas: Decay of the running mean and of the running square.
        eps: Added to the root of the running square.

    Source:
        Liu et al. 2019, RAdam, arXiv:1908.03265; Zhang et al. 2019, Lookahead, arXiv:1907.08610;
        Yong et al. 2020, gradient centralisation, arXiv:2004.01461. Settings of the e4e code.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: float,
        betas: tuple[float, float] = (0.95, 0.999),
        eps: float = 1e-5,
    ) -> None:
        super().__init__(list(parameters), {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    _move(parameter, self.state[parameter], group)


def _move(parameter: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    assert parameter.grad is not None
    gradient = parameter.grad
    if gradient.ndim > 1:
        gradient = gradient - gradient.mean(tuple(range(1, gradient.ndim)), keepdim=True)
    if not state:
        state["steps"] = 0
        state["mean"] = torch.zeros_like(parameter)
        state["square"] = torch.zeros_like(parameter)
        state["slow"] = parameter.clone()
    first, second = group["betas"]
    state["steps"] += 1
    state["mean"].lerp_(gradient, 1 - first)
    state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
    factor, is_adaptive = rectified(state["steps"], first, second)
    rate = -group["lr"] * factor
    if is_adaptive:
        parameter.addcdiv_(state["mean"], state["square"].sqrt().add_(group["eps"]), value=rate)
    else:
        parameter.add_(state["mean"], alpha=rate)
    if state["steps"] % _PERIOD == 0:
        state["slow"].lerp_(parameter, _PULL)
        parameter.copy_(state["slow"])


def rectified(step: int, first: float, second: float) -> tuple[float, bool]:
    """Return the factor of the rate at a step, from 1, and whether the square is used yet."""
    decayed = second**step
    longest = 2 / (1 - second) - 1
    length = longest - 2 * step * decayed / (1 - decayed)
    unbiased = 1 / (1 - first**step)
    if length <= _THRESHOLD:
        return unbiased, False
    variance = (length - 4) / (longest - 4) * (length - 2) / length * longest / (longest - 2)
    return math.sqrt((1 - decayed) * variance) * unbiased, True
