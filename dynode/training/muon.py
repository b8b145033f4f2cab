"""Muon for the convolutions and Adam for everything else, as one optimiser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

# Odd polynomial whose iterates push every singular value towards 1, roughly and fast.
_QUINTIC = (3.4445, -4.7750, 2.0315)


class MuonAdam(torch.optim.Optimizer):
    """Step the convolutions by orthogonalised momentum, all other parameters by Adam.

    Both kinds of step have entries of about `lr` in size, so one rate serves both.

    Args:
        convolutions: Weights (o, i, k, k).
        others: The other parameters.
        lr: Learning rate.
        run: Applies a function to many parameters: `map`, or that of a thread pool.

    Source:
        Jordan et al. 2024, Muon (momentum made orthogonal by Newton-Schulz steps).
        Kingma & Ba 2014, Adam, arXiv:1412.6980.
        Deviation: steps are scaled to a root mean square of `lr`, as Adam's are.
    """

    def __init__(
        self,
        convolutions: Iterable[Tensor],
        others: Iterable[Tensor],
        *,
        lr: float,
        run: Callable[..., Iterable[None]] = map,
    ) -> None:
        groups = [
            {"params": list(convolutions), "kind": "muon"},
            {"params": list(others), "kind": "adam"},
        ]
        super().__init__(groups, {"lr": lr, "momentum": 0.95, "betas": (0.9, 0.99), "eps": 1e-10})
        self._run = run

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        assert closure is None
        for group in self.param_groups:
            change = _muon_step if group["kind"] == "muon" else _adam_step
            moved = [part for part in group["params"] if part.grad is not None]
            list(self._run(partial(self._move, change, group), moved))

    @torch.no_grad()
    def _move(
        self, change: Callable[..., Tensor], group: dict[str, Any], parameter: Tensor
    ) -> None:
        step = change(parameter.grad, self.state[parameter], group)
        parameter.sub_(step, alpha=group["lr"])


def orthogonalise(matrix: Tensor, iterations: int = 5) -> Tensor:
    """Bring the singular values of a matrix near 1, keeping its singular vectors.

    The iterates are polynomials of one Gram matrix times the matrix, so all but the first and the
    last product are of the size of its shorter side.

    Args:
        matrix: (m, n), of any scale.
        iterations: Newton-Schulz steps; five bring all but the smallest values into [0.7, 1.2].
    """
    a, b, c = _QUINTIC
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.t() if is_tall else matrix
    x = x / (x.norm() + 1e-12)
    gram = x @ x.t()
    unit = torch.eye(len(gram), dtype=x.dtype, device=x.device)
    total = unit
    for _ in range(iterations):
        factor = a * unit + b * gram + c * gram @ gram
        total = factor @ total
        gram = factor @ gram @ factor
    x = total @ x
    orthogonal: Tensor = x.t() if is_tall else x
    return orthogonal


def parameter_kinds(model: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Split the weights that are trained into convolutions wider than a pixel, and the others."""
    kernels: list[Tensor] = []
    others: list[Tensor] = []
    for part in model.parameters():
        if part.requires_grad:
            (kernels if part.ndim == 4 and part.shape[-1] > 1 else others).append(part)
    return kernels, others


def _muon_step(gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
    if not state:
        state["momentum"] = torch.zeros_like(gradient)
    momentum: Tensor = state["momentum"]
    momentum.lerp_(gradient, 1 - group["momentum"])
    direction = gradient.lerp(momentum, group["momentum"]).flatten(1)
    rows: float = max(direction.shape) ** 0.5
    return (orthogonalise(direction) * rows).view_as(gradient)


def _adam_step(gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
    if not state:
        state["steps"] = 0
        state["mean"] = torch.zeros_like(gradient)
        state["square"] = torch.zeros_like(gradient)
    first, second = group["betas"]
    state["steps"] += 1
    state["mean"].lerp_(gradient, 1 - first)
    state["square"].lerp_(gradient.square(), 1 - second)
    mean: Tensor = state["mean"] / (1 - first ** state["steps"])
    square: Tensor = state["square"] / (1 - second ** state["steps"])
    step: Tensor = mean / (square.sqrt() + group["eps"])
    return step
