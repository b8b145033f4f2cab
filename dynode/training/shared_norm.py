"""Batch norms that see the whole batch, of which every process has a share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dynode.training.processes import Processes


class _Sum(torch.autograd.Function):
    """The sum over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, processes: Processes) -> Tensor:
        ctx.processes = processes
        return processes.sum(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        summed: Tensor = ctx.processes.sum(gradients[0])
        return summed, None


def share_norms(module: nn.Module, processes: Processes) -> None:
    """Let the batch norms of a network in training take their statistics from all processes.

    `torch.nn.SyncBatchNorm` does that on CUDA devices alone. Names, weights and buffers stay.

    Args:
        module: The network; changed.
        processes: Who trains it; where this one is alone, nothing changes.
    """
    if processes.count == 1:
        return
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.forward = _Shared(part, processes)  # type: ignore[assignment, method-assign]


class _Shared:
    """The forward pass of one batch norm."""

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d, processes: Processes) -> None:
        self.norm, self.plain, self.processes = norm, type(norm).forward, processes

    def __call__(self, values: Tensor) -> Tensor:
        """Normalise (n, channels, ...)."""
        norm = self.norm
        if not norm.training:
            return self.plain(norm, values)
        axes = [axis for axis in range(values.ndim) if axis != 1]
        shape = [1, -1, *[1] * (values.ndim - 2)]
        here = values.new_full((1,), values.numel() / values.shape[1])
        count = self._sum(here)
        mean = self._sum(values.sum(axes)) / count
        moved = values - mean.view(shape)
        variance = self._sum(moved.square().sum(axes)) / count
        self._follow(mean.detach(), variance.detach(), float(count))
        result: Tensor = moved * (variance.view(shape) + norm.eps).rsqrt()
        if norm.affine:
            result = result * norm.weight.view(shape) + norm.bias.view(shape)
        return result

    def _sum(self, values: Tensor) -> Tensor:
        summed: Tensor = _Sum.apply(values, self.processes)
        return summed

    def _follow(self, mean: Tensor, variance: Tensor, count: float) -> None:
        """Move the running averages as torch does, the variance without its bias."""
        norm = self.norm
        if norm.running_mean is None or norm.running_var is None:
            return
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.add_(1)
        pace = norm.momentum
        if pace is None:
            pace = 1.0 / float(norm.num_batches_tracked or 1)
        norm.running_mean.lerp_(mean.to(norm.running_mean), pace)
        unbiased = variance * (count / max(1.0, count - 1))
        norm.running_var.lerp_(unbiased.to(norm.running_var), pace)
