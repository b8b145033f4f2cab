"""The pictures a generator draws at random: normal vectors, class labels and codes by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents


def draw_z(info: GeneratorInfo, count: int, *, seed: int) -> Tensor:
    """Draw normal vectors (count, z_dim) as the published scripts do: numpy's RandomState."""
    drawn = np.random.RandomState(seed).randn(count, info.z_dim).astype(np.float32)
    return torch.from_numpy(drawn)


def draw_labels(info: GeneratorInfo, count: int, *, seed: int) -> Tensor | None:
    """Draw one-hot labels (count, c_dim) for a conditional generator; None for any other.

    Where one class was chosen (`choose_class`), all are of it.
    """
    if not info.c_dim:
        return None
    if info.class_index is not None:
        return torch.eye(info.c_dim)[info.class_index].expand(count, -1)
    labels = np.random.RandomState([seed, 1]).randint(info.c_dim, size=count)
    return torch.eye(info.c_dim)[torch.from_numpy(labels)]


@dataclass(frozen=True, eq=False)
class Population:
    """A sample of what a generator draws.

    Attributes:
        z: (n, z_dim).
        labels: (n, c_dim) for a conditional generator, else None.
        latents: Their codes.
        truncation: Truncation of these codes.
    """

    z: Tensor
    labels: Tensor | None
    latents: Latents
    truncation: float

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.z)

    def remap(self, generator: Generator, z: Tensor) -> Latents:
        """Map other vectors (n, z_dim) with the same labels and truncation."""
        with torch.inference_mode():
            return generator.map(z, c=self.labels, truncation=self.truncation)


def draw_population(
    generator: Generator, count: int, *, seed: int, truncation: float = 1.0
) -> Population:
    """Draw pictures by seed.

    Args:
        generator: Whose population.
        count: How many pictures.
        seed: Seed of numpy's RandomState.
        truncation: 1 for the population itself, less for its centre.
    """
    z = draw_z(generator.info, count, seed=seed).to(generator.device, generator.dtype)
    labels = draw_labels(generator.info, count, seed=seed)
    with torch.inference_mode():
        latents = generator.map(z, c=labels, truncation=truncation)
    return Population(z, labels, Latents(latents.w.clone()), truncation)
