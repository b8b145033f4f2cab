"""The distance a scorer gives: by its features where it has some, else by its scores."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from dynode.distance.distance import Distance
from dynode.plugins.loaded import FeatureScorerModel, ScorerModel


class ScorerDistance(Distance):
    """Squared difference of what a scorer sees in two pictures.

    Args:
        model: A loaded scorer. With a method `features` these are compared, otherwise its scores in
            standard deviations, divided by the square root of their number.
    """

    name = "scorer"

    def __init__(self, model: ScorerModel) -> None:
        self.model = model

    def features(self, images: Tensor) -> Tensor:
        """See `Distance.features`."""
        if isinstance(self.model, FeatureScorerModel):
            return self.model.features(images)
        scores = self.model.score(images)
        deviations = torch.tensor(self.model.deviations, device=scores.device, dtype=scores.dtype)
        standardised: Tensor = scores / (deviations * len(deviations) ** 0.5)
        return standardised

    def to(self, device: torch.device | str | None, dtype: torch.dtype | None = None) -> Distance:
        """See `Distance.to`; networks among the model's attributes are copied."""
        moved = copy.copy(self.model)
        for name, part in vars(self.model).items():
            if isinstance(part, nn.Module):
                setattr(moved, name, copy.deepcopy(part).to(device=device, dtype=dtype))
        return ScorerDistance(moved)


def unit_features(activations: Tensor, weights: Tensor | None = None) -> Tensor:
    """Turn a layer's activations into features that are compared place by place.

    Args:
        activations: (n, c, h, w); every place is brought to unit length.
        weights: (c,) weights of the squared differences, not negative; None for 1.

    Returns:
        (n, c * h * w); squared differences of two pictures sum to the mean over the places of the
        weighted squared difference of their unit vectors.

    Source:
        Zhang et al. 2018, LPIPS, arXiv:1801.03924.
    """
    squares = activations.square().sum(1, keepdim=True)
    # 1e-20 keeps the derivative of the root finite where all channels are dead.
    unit = activations / ((squares + 1e-20).sqrt() + 1e-10)
    scale: float = (activations.shape[2] * activations.shape[3]) ** -0.5
    if weights is not None:
        unit = unit * weights.clamp(min=0).sqrt()[:, None, None]
    return (unit * scale).flatten(1)
