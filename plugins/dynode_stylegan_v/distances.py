"""What a discriminator is told about the times between frames."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from dynode.errors import UsageError


class TimeDistances(nn.Module):
    """Turn the differences of frame times into a vector.

    A difference becomes a learned row of a table, at its rounded value, and sines and cosines of
    its exact value.

    Args:
        max_frames: Differences are smaller than this.
        width: Width of a row of the table.
        count: Number of differences told, from the first on.
    """

    def __init__(self, max_frames: int, width: int, count: int) -> None:
        super().__init__()
        powers = math.ceil(math.log2(max_frames))
        self.count, self.max_frames = count, max_frames
        self.width = count * (width + 2 * powers)
        self.table = nn.Embedding(max_frames, width)
        self.fourier_coefs: Tensor
        values = math.pi * 2.0 ** torch.arange(-powers, 0, dtype=torch.float64, device="cpu")
        self.register_buffer("fourier_coefs", values[None].float())

    def forward(self, times: Tensor) -> Tensor:
        """Encode frame times.

        Args:
            times: (n, F), in frames.

        Returns:
            (n, width), the differences' vectors in order of time.

        Raises:
            UsageError: Frames lie too far apart.
        """
        steps = times.diff(dim=1)[:, : self.count]
        furthest = float(steps.abs().max())
        if not furthest < self.max_frames - 0.5:
            raise UsageError(
                f"frames lie {furthest:g} apart; the discriminator knows distances below "
                f"{self.max_frames}"
            )
        steps = steps.to(self.fourier_coefs)
        rows = self.table(steps.round().abs().long())
        waves = steps[..., None] * self.fourier_coefs
        return torch.cat([rows, waves.sin(), waves.cos()], dim=2).flatten(1)
