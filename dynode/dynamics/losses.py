"""Losses on pictures: the terms of the paper that the released code leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False)
class PictureLoss:
    """Compare drawn frames with the clip's own, in pixels and in features.

    The loss of a frame is `pixel_weight * mean |drawn - target|` plus
    `feature_weight * (1 - cosine similarity of features)`; it is added to the latent loss, which is the
    mean squared error in deviations, every `every` steps.

    Attributes:
        generator: What draws.
        targets: (n, 3, h, w) float in [-1, 1], the frames of the clip; compared at `size_px`.
        pixel_weight: 1 makes a mean error of 0.1 weigh as much as states off by 0.3 deviations.
        feature_weight: Likewise for the features.
        features: Maps pictures (k, 3, h, w) to embeddings (k, d), differentiably.
        every: Steps from one use to the next; drawing costs more than a step.
        frames: Frames that are drawn each time.
        size_px: Side at which pictures are compared.
    """

    generator: Generator
    targets: Tensor
    pixel_weight: float = 1.0
    feature_weight: float = 0.0
    features: Callable[[Tensor], Tensor] | None = None
    every: int = 10
    frames: int = 2
    size_px: int = 64

    def __call__(self, w: Tensor, frames: Tensor) -> Tensor:
        """Return the loss of codes (k, num_layers, w_dim) of the frames with these indices."""
        drawn = self.generator.synthesize(Latents(w))
        target = self.targets[frames.to(self.targets.device)].to(drawn)
        loss = self.pixel_weight * (self._small(drawn) - self._small(target)).abs().mean()
        if self.features is not None and self.feature_weight:
            with torch.no_grad():
                wanted = self.features(target)
            alike = functional.cosine_similarity(self.features(drawn), wanted, dim=-1)
            loss = loss + self.feature_weight * (1 - alike).mean()
        return loss

    def _small(self, images: Tensor) -> Tensor:
        if images.shape[-1] <= self.size_px:
            return images
        return functional.adaptive_avg_pool2d(images, self.size_px)
