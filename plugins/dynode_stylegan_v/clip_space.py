"""The space of whole clips: curves that all clips are sums of, in the order of what they explain."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_LEAST_SHARE = 1e-5


@dataclass(frozen=True)
class ClipSpace:
    """Clips as weights of curves.

    Attributes:
        mean: (t, k) float64, the mean clip.
        curves: (j, t, k) float64, principal curves, each in its own deviations.
        weights: (n, j) float32, the clips in them: uncorrelated and of deviation 1.
        importance: (j,) float32 of sum 1, how much an error of each weight counts.
    """

    mean: Tensor
    curves: Tensor
    weights: Tensor
    importance: Tensor


def clip_space(clips: Tensor) -> ClipSpace:
    """Find the principal curves of clips.

    What a curve may do, and how fast, is what clips do: a sum of them trembles no more than they.
    Curves with less than a hundred-thousandth of the first one's variance are left out.

    Args:
        clips: (n, t, k) coordinates, n of 2 or more, which are not all alike.
    """
    flat = clips.flatten(1).double()
    mean = flat.mean(0)
    values, vectors = torch.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
    values, vectors = values.flip(0), vectors.flip(1)
    kept = values > _LEAST_SHARE * values[0]
    scale, axes = values[kept].sqrt(), vectors[:, kept]
    weights = (flat - mean) @ axes / scale
    shape = clips.shape[1:]
    return ClipSpace(
        mean.view(shape),
        (axes * scale).T.reshape(-1, *shape),
        weights.float(),
        (scale / scale.sum()).float(),
    )
