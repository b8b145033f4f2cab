"""The mapping network: random input (and class label) to w."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dynode.stylegan2.layers import Linear


def normalise(x: Tensor) -> Tensor:
    """Scale each row to a mean square of one."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class MappingNetwork(nn.Module):
    """Fully connected network from z (and a class label) to w.

    Args:
        z_dim: Width of z, 0 for a network of the label alone.
        c_dim: Number of classes, 0 for none.
        w_dim: Width of the output.
        layers: Number of fully connected layers.
        width: Width between them.
        embed_width: Width of the embedded label.
        lr: Learning-rate multiplier.
        has_mean: Keep `w_avg`, the mean output.
    """

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        *,
        layers: int = 8,
        width: int | None = None,
        embed_width: int | None = None,
        lr: float = 0.01,
        has_mean: bool = True,
    ) -> None:
        super().__init__()
        width = w_dim if width is None else width
        embed_width = w_dim if embed_width is None else embed_width
        self.z_dim, self.c_dim, self.layers = z_dim, c_dim, layers
        if c_dim > 0:
            self.embed = Linear(c_dim, embed_width)
        widths = [z_dim + (embed_width if c_dim > 0 else 0), *[width] * (layers - 1), w_dim]
        for index in range(layers):
            layer = Linear(widths[index], widths[index + 1], activated=True, lr=lr)
            self.add_module(f"fc{index}", layer)
        if has_mean:
            self.w_avg: Tensor
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor | None, c: Tensor | None = None) -> Tensor:
        """Map z (n, z_dim) and labels c (n, c_dim) to (n, w_dim); no truncation."""
        parts = [] if z is None or self.z_dim == 0 else [normalise(z)]
        if self.c_dim > 0:
            assert c is not None
            parts.append(normalise(self.embed(c)))
        x = torch.cat(parts, dim=1)
        for index in range(self.layers):
            x = self.get_submodule(f"fc{index}")(x)
        return x
