"""The published power iteration, kept as it is to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dynode.distance import Distance
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, silent
from dynode_navigan.curvature import Renders
from dynode_navigan.rendering import layer_render

EPSILON = 0.1
ITERATIONS = 20


class FiniteDifferences:
    """Hessian products from gradients at two shifted weights.

    Args:
        generator: What draws.
        latents: The pictures, a multiple of `batch`.
        layer: Name of the convolution.
        distance: Compared with the picture at the unshifted weight.
        batch: Pictures a gradient.
        epsilon: Step in multiples of the vector that is given.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786, and its published code.
    """

    def __init__(
        self,
        generator: Generator,
        latents: Latents,
        layer: str,
        distance: Distance,
        *,
        batch: int = 8,
        epsilon: float = EPSILON,
    ) -> None:
        self.shape = tuple(generator.info.conv_layers[layer])
        self.zero = torch.zeros(self.shape, device=generator.device, dtype=generator.dtype)
        self.distance, self.epsilon = distance, epsilon
        self.renders = Renders()
        parts = [latents[start : start + batch] for start in range(0, len(latents), batch)]
        self._renders = [(layer_render(generator, part, layer), len(part)) for part in parts]

    def gradient(self, delta: Tensor) -> Tensor:
        """Differentiate the mean distance at a shifted weight; the mean over batches of their means."""
        total = torch.zeros_like(self.zero)
        for render, n in self._renders:
            with torch.no_grad():
                target = render(self.zero)
            with torch.enable_grad():
                weight = delta.to(self.zero).view(self.shape).clone().requires_grad_()
                value = self.distance.distance(target, render(weight)).mean()
            total += torch.autograd.grad(value, weight)[0]
            self.renders.forward += 2 * n
            self.renders.backward += n
        return total / len(self._renders)

    def product(self, vector: Tensor) -> Tensor:
        """Return the Hessian times the vector's unit vector, stepping by `epsilon` times the vector."""
        vector = vector.to(self.zero).view(self.shape)
        step = self.epsilon * vector
        difference = self.gradient(step) - self.gradient(-step)
        quotient: Tensor = difference / (2 * (self.epsilon + 1e-14) * vector.norm())
        return quotient


def project(vector: Tensor, found: Sequence[Tensor]) -> Tensor:
    """Remove from a vector its part along each vector found before, one after the other."""
    for other in found:
        unit = other / other.norm()
        vector = vector - unit * (vector * unit).sum()
    return vector


def iterate(
    hessian: FiniteDifferences,
    start: Tensor,
    found: Sequence[Tensor],
    *,
    iterations: int = ITERATIONS,
) -> Tensor:
    """Iterate once started vector; its length is the eigenvalue estimate.

    The iterate is never normalised, so that from the second round on the step is an eigenvalue
    times `epsilon`, which float32 weights mostly round away. That is what was published.
    """
    vector = project(start, found)
    for _ in range(iterations):
        vector = project(hessian.product(vector), found)
    return vector


def published_eigenvectors(
    hessian: FiniteDifferences,
    count: int,
    *,
    seed: int,
    iterations: int = ITERATIONS,
    progress: Progress = silent,
) -> Tensor:
    """Find eigenvectors one after the other: (count, out, in, kh, kw), not normalised.

    Args:
        hessian: Products.
        count: How many.
        seed: Seed of the starting vectors.
        iterations: Rounds for each.
        progress: Called after each.
    """
    random = torch.Generator().manual_seed(seed)
    found: list[Tensor] = []
    for index in range(count):
        start = torch.randn(hessian.shape, generator=random).to(hessian.zero)
        found.append(iterate(hessian, start, found, iterations=iterations))
        progress(index + 1, count, f"eigenvalue {float(found[-1].norm()):.3g}")
    return torch.stack(found)
