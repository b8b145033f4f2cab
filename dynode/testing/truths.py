"""A truth behind any generator's pictures, to try benchmarks and scorers on."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents


class LinearTruth:
    """A world that is the generator's own: attributes move its codes along orthonormal axes.

    Attributes:
        fps: Frames a second of clips.

    Args:
        generator: What draws.
        count: Attributes.
    """

    fps = 25.0

    def __init__(self, generator: Generator, count: int = 3) -> None:
        axes = torch.randn(generator.info.w_dim, count, generator=torch.Generator().manual_seed(0))
        self._generator, self._axes = generator, torch.linalg.qr(axes)[0].T

    def people(self, count: int, *, seed: int) -> Tensor:
        """See `dynode.plugins.Truth`."""
        source = torch.Generator().manual_seed(seed)
        return torch.randn(count, len(self._axes), generator=source).clamp(-1, 1)

    def codes(self, attributes: Tensor) -> Tensor:
        """See `dynode.plugins.Truth`."""
        codes: Tensor = attributes @ self._axes
        return codes

    def latents(self, attributes: Tensor) -> Latents:
        """Return the codes for all rows."""
        rows = self._generator.info.num_layers
        return Latents(self.codes(attributes)[:, None].repeat(1, rows, 1))

    def draw(self, attributes: Tensor) -> Tensor:
        """See `dynode.plugins.Truth`."""
        with torch.inference_mode():
            return self._generator.synthesize(self.latents(attributes)).clamp(-1, 1)

    def clips(self, count: int, times_s: Tensor, *, seed: int) -> Tensor:
        """See `dynode.plugins.Truth`: one attribute swings, two times a second."""
        people = self.people(count, seed=seed)[:, None].repeat(1, len(times_s), 1)
        people[..., 0] += 0.5 * torch.sin(4 * math.pi * times_s).to(people)
        return people
