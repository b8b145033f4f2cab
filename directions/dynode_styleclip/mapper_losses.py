"""What a mapper in training is rewarded and charged for."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import TextImageModel
from dynode_encoders import FaceEmbedding, identity_loss
from dynode_styleclip.clip_input import area_resize
from dynode_styleclip.goal import Goal, price
from dynode_styleclip.optimisation import DEFAULT
from dynode_styleclip.statistics import measure_styles
from dynode_styleclip.whitening import principal_axes

PUBLISHED_L2 = 0.8


class MapperLoss(Protocol):
    """The loss of edited codes."""

    def __call__(self, start: Latents, edited: Latents) -> Tensor:
        """Return the loss (n,) of each code."""
        ...


class PublishedLoss:
    """1 - cosine of picture and text, squared distance of codes, identity.

    Source:
        The published StyleCLIP code: weights 1, 0.8 and 0.1, the distance a mean over the code, in
        StyleSpace the sum of the means of all style vectors.
    """

    def __init__(
        self,
        generator: Generator,
        model: TextImageModel,
        text: str,
        *,
        l2: float,
        identity: FaceEmbedding | None,
        id_lambda: float,
    ) -> None:
        """Embed the text; see `MapperOptions` for the weights."""
        self._generator, self._model = generator, model
        self._target = model.encode_texts([text])
        self._l2, self._identity, self._id_lambda = l2, identity, id_lambda

    def __call__(self, start: Latents, edited: Latents) -> Tensor:
        """Return the loss (n,) of each code."""
        images = self._generator.synthesize(edited)
        size = self._model.image_size
        seen = self._model.encode_images(area_resize(images, size), normalize=False)
        loss = 1 - (seen * self._target).sum(1) + self._l2 * _distance(start, edited)
        if self._identity is not None and self._id_lambda:
            with torch.no_grad():
                before = self._generator.synthesize(start)
            loss = loss + self._id_lambda * identity_loss(self._identity, images, before)
        return loss


def _distance(start: Latents, edited: Latents) -> Tensor:
    if edited.styles:
        return torch.stack([part.square().mean(1) for part in edited.styles.values()]).sum(0)
    return (edited.w - start.w).square().mean((1, 2))


class DefaultLoss:
    """What latent optimisation goes by, over many pictures: text, strays, few axes of W.

    Distances are told in standard deviations along the principal axes of W; in StyleSpace in those
    of the channels, the price shared out over as many.
    """

    def __init__(
        self,
        generator: Generator,
        model: TextImageModel,
        text: str,
        neutral: str,
        *,
        l2: float,
        identity: FaceEmbedding | None,
        id_lambda: float,
        seed: int,
    ) -> None:
        """Measure W and embed the texts; see `MapperOptions` for the weights."""
        self._generator = generator
        self._goal = Goal(generator, model, text, neutral)
        self._l2, self._identity, self._id_lambda = l2, identity, id_lambda
        axes = principal_axes(generator, seed=seed).to(generator.device)
        lengths = axes.norm(dim=1)
        self._to_axes = axes.T / lengths.square()
        self._axes = axes
        self._least = lengths[-1]
        self._spread = measure_styles(generator, seed=seed, truncation=1.0).deviations

    def __call__(self, start: Latents, edited: Latents) -> Tensor:
        """Return the loss (n,) of each code."""
        likeness, strayed = self._goal.measure(edited, self._goal.see(start))
        loss = 1 - likeness + DEFAULT.purity * strayed + self._price(start, edited)
        if self._identity is not None and self._id_lambda:
            with torch.no_grad():
                before = self._generator.synthesize(start)
            after = self._generator.synthesize(edited)
            loss = loss + self._id_lambda * identity_loss(self._identity, after, before)
        return loss

    def _price(self, start: Latents, edited: Latents) -> Tensor:
        if edited.styles:
            parts = [
                part / self._spread[name].clamp_min(1e-6) for name, part in edited.styles.items()
            ]
            told = torch.cat(parts, 1)[:, None]
            share = len(self._axes) / told.shape[2]
            return share * price(told, l2=self._l2, sparsity=DEFAULT.sparsity)
        moved = edited.w - start.w
        along = moved @ self._to_axes
        beside = (moved - along @ self._axes) / self._least
        rows = moved.shape[1]
        charged = price(along, l2=self._l2, sparsity=DEFAULT.sparsity)
        total: Tensor = (charged + self._l2 * beside.square().sum((1, 2))) / rows
        return total
