"""How far a reconstruction is from the picture, and codes from what they should be."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dynode.distance import Distance, choose_distance
from dynode.errors import UsageError
from dynode.generator import Generator
from dynode_encoders.identity import FaceEmbedding, identity_loss, load_face_embedding
from dynode_encoders.training.recipe import EncoderRecipe

_COMPARED_PX = 256


@dataclass(frozen=True)
class PictureLoss:
    """The weighted sum of pixel, perceptual and identity terms.

    Attributes:
        recipe: Holds the weights.
        distance: The perceptual term; None for none.
        identity: The face embedding; None for none.
    """

    recipe: EncoderRecipe
    distance: Distance | None
    identity: FaceEmbedding | None

    def __call__(self, drawn: Tensor, images: Tensor) -> Tensor:
        """Compare pictures (n, 3, h, w) in [-1, 1], larger ones averaged to 256 pixels: a scalar."""
        recipe = self.recipe
        drawn, images = _compared(drawn), _compared(images)
        total = recipe.l2 * functional.mse_loss(drawn, images)
        if recipe.l1:
            total = total + recipe.l1 * functional.l1_loss(drawn, images)
        if self.distance is not None and recipe.perceptual:
            total = total + recipe.perceptual * self.distance.distance(drawn, images).mean()
        if self.identity is not None and recipe.identity:
            total = total + recipe.identity * identity_loss(self.identity, drawn, images).mean()
        return total


def picture_loss(recipe: EncoderRecipe, generator: Generator) -> PictureLoss:
    """Load the terms a recipe asks for.

    Raises:
        MissingWeightsError: The asked distance needs a file.
        UsageError: A file was given for a distance that needs none.
    """
    if recipe.distance_weights and recipe.distance in ("scorer", "pixels"):
        raise UsageError(
            f"--distance-weights was given and --distance is {recipe.distance}, which needs none; use "
            f"--distance lpips or leave the file out"
        )
    identity = None
    if recipe.identity_weights is not None:
        identity = load_face_embedding(recipe.identity_weights, generator.device)
    return PictureLoss(recipe, _distance(recipe, generator), identity)


def offset_term(codes: Tensor, stage: int) -> Tensor:
    """Sum over rows 1 … stage of their mean distance from row 0, of codes (n, rows, w_dim)."""
    moved = codes[:, 1 : stage + 1] - codes[:, :1]
    # The square root has no slope at zero, where every row starts.
    lengths = (moved.square().sum(2) + 1e-12).sqrt()
    return lengths.mean(0).sum()


def _distance(recipe: EncoderRecipe, generator: Generator) -> Distance | None:
    if not recipe.perceptual:
        return None
    return choose_distance(
        recipe.distance, generator, weights=recipe.distance_weights, lpips="lpips-alex"
    )


def _compared(images: Tensor) -> Tensor:
    if images.shape[2] <= _COMPARED_PX:
        return images
    return functional.adaptive_avg_pool2d(images, _COMPARED_PX)


@torch.no_grad()
def psnr(drawn: Tensor, images: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio (n,) in dB of pictures in [-1, 1] (peak 2)."""
    error = (drawn.clamp(-1, 1) - images.clamp(-1, 1)).square().mean((1, 2, 3))
    return 10 * torch.log10(4 / error.clamp_min(1e-10))
