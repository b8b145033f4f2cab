"""How far a drawn picture is from the one it should be: what inverters make small."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.distance import Distance, choose_distance
from dynode.distance.options import ReconstructionOptions
from dynode.generator.protocol import Generator


class ReconstructionLoss:
    """The weighted sum of pixel and perceptual errors, for each picture by itself.

    Args:
        options: Weights of the terms.
        generator: Whose pictures are compared.

    Raises:
        MissingWeightsError: The named distance needs a file.
    """

    def __init__(self, options: ReconstructionOptions, generator: Generator) -> None:
        self.options = options
        self.distance = _distance(options, generator)

    def target(self, images: Tensor) -> ReconstructionTarget:
        """Prepare pictures (n, 3, h, w) in [-1, 1] to be compared with."""
        if self.distance is None:
            return ReconstructionTarget(images, None)
        with torch.no_grad():
            return ReconstructionTarget(images, self.distance.features(images))

    def __call__(self, drawn: Tensor, target: ReconstructionTarget) -> Tensor:
        """Compare pictures (n, 3, h, w) with as many targets: (n,)."""
        error = drawn - target.images
        total = self.options.l2 * error.square().mean((1, 2, 3))
        if self.options.l1:
            total = total + self.options.l1 * error.abs().mean((1, 2, 3))
        if self.distance is not None and target.features is not None:
            moved = self.distance.features(drawn) - target.features
            total = total + self.options.perceptual * moved.square().sum(1)
        return total


@dataclass(frozen=True, eq=False)
class ReconstructionTarget:
    """Pictures (n, 3, h, w), and their features (n, d) where a distance is used."""

    images: Tensor
    features: Tensor | None

    def __getitem__(self, index: slice | Tensor) -> ReconstructionTarget:
        """Take some of them."""
        features = None if self.features is None else self.features[index]
        return ReconstructionTarget(self.images[index], features)


def _distance(options: ReconstructionOptions, generator: Generator) -> Distance | None:
    if options.distance == "none" or not options.perceptual:
        return None
    return choose_distance(options.distance, generator, weights=options.distance_weights)
