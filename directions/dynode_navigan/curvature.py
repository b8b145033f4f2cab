"""The Hessian of a distance of pictures in one layer's weight, as products with vectors.

The distance is |f(G(W + d)) - f(G(W))|^2 with features f, averaged over n pictures. At d = 0 its
gradient is zero and its Hessian is exactly the Gauss-Newton matrix 2/n sum_s J_s^T J_s, J_s the
derivative of the features of picture s. A product needs one forward-mode and one reverse-mode
derivative, no step size, and no cancellation.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd import forward_ad

from dynode.distance import Distance
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.training import Processes
from dynode_navigan.rendering import Render, layer_render


@dataclass
class Renders:
    """What was computed, counted in pictures; every kind costs about the same.

    Attributes:
        forward: Pictures drawn.
        tangent: Pictures differentiated forwards.
        backward: Pictures differentiated backwards.
    """

    forward: int = 0
    tangent: int = 0
    backward: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.forward + self.tangent + self.backward


class Curvature:
    """Products with the Hessian.

    Args:
        generator: What draws, with its stored noise.
        latents: The pictures.
        layer: Name of the convolution.
        distance: What is differentiated twice.
        batch: Pictures at a time. When all fit, what the reverse mode needs is kept.
        processes: Each takes every n-th of the pictures; products and curvatures are those of all.
    """

    def __init__(
        self,
        generator: Generator,
        latents: Latents,
        layer: str,
        distance: Distance,
        *,
        batch: int = 8,
        processes: Processes | None = None,
    ) -> None:
        self.shape = tuple(generator.info.conv_layers[layer])
        self.zero = torch.zeros(self.shape, device=generator.device, dtype=generator.dtype)
        self.distance = distance
        self.renders = Renders()
        self.processes = processes or Processes()
        self._count = len(latents)
        self._own = slice(self.processes.rank, self._count, self.processes.count)
        own = latents[self._own]
        chunks = [own[start : start + batch] for start in range(0, len(own), batch)]
        self._renders = [(layer_render(generator, part, layer), len(part)) for part in chunks]
        self._kept: tuple[Tensor, Tensor] | None = None

    @property
    def size(self) -> int:
        """Number of weights."""
        return self.zero.numel()

    def product(self, vector: Tensor) -> Tensor:
        """Multiply a vector (weights,) by the Hessian: (weights,)."""
        direction = vector.to(self.zero).view(self.shape)
        total = torch.zeros_like(self.zero)
        for (render, n), tangent in zip(self._renders, self._tangents(direction), strict=True):
            total += self._pull_back(render, n, tangent)
        total = self.processes.sum(total)
        return (total * (2 / self._count)).flatten().to(vector)

    def along(self, vector: Tensor) -> Tensor:
        """Measure the curvature of every picture along a vector: (n,), 2 |J_s v|^2."""
        direction = vector.to(self.zero).view(self.shape)
        own = [2 * part.square().sum(1) for part in self._tangents(direction)]
        values = self.zero.new_zeros(self._count)
        values[self._own] = torch.cat([*own, values[:0]])
        return self.processes.sum(values)

    def all_renders(self) -> float:
        """Count what all processes computed, in pictures."""
        return float(self.processes.sum(self.zero.new_tensor(float(self.renders.total))))

    def _tangents(self, direction: Tensor) -> Iterator[Tensor]:
        """Differentiate the features forwards: (n, d) a chunk."""
        prepare_forward_mode()
        for render, n in self._renders:
            with torch.no_grad(), forward_ad.dual_level():
                dual = forward_ad.make_dual(self.zero, direction)
                tangent = forward_ad.unpack_dual(self._features(render, dual)).tangent
            assert tangent is not None
            self.renders.forward += n
            self.renders.tangent += n
            yield tangent

    def _pull_back(self, render: Render, n: int, cotangent: Tensor) -> Tensor:
        is_kept = len(self._renders) == 1
        if self._kept is None or not is_kept:
            with torch.enable_grad():
                weight = self.zero.clone().requires_grad_()
                self._kept = weight, self._features(render, weight)
            self.renders.forward += n
        weight, features = self._kept
        (pulled,) = torch.autograd.grad(features, weight, cotangent, retain_graph=is_kept)
        self._kept = self._kept if is_kept else None
        self.renders.backward += n
        return pulled

    def _features(self, render: Render, delta: Tensor) -> Tensor:
        return self.distance.features(render(delta))


@functools.cache
def prepare_forward_mode() -> None:
    """Let torch load its forward-mode rules, which it compiles with a function it deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        with forward_ad.dual_level():
            forward_ad.make_dual(torch.zeros(1), torch.ones(1))


def pair_distance(generator: Generator, latents: Latents, distance: Distance) -> float:
    """Measure how far two pictures are apart on average: each with the next."""
    with torch.inference_mode():
        features = torch.cat(
            [distance.features(generator.synthesize(latents[i])) for i in range(len(latents))]
        )
        return float((features - features.roll(1, 0)).square().sum(1).mean())
