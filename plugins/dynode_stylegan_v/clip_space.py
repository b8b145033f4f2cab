"""The space of whole clips: for each kind of them, curves that they are sums of, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_stylegan_v.clip_kinds import sorted_into_kinds

_LEAST_SHARE = 1e-5
_LEAST_SIZE = 0.05
_SIZE_COUNTS = 0.1


@dataclass(frozen=True)
class ClipSpace:
    """Clips as sizes, and as weights of the curves of their kind.

    Attributes:
        kinds: (n,) the kind of each clip.
        shares: (c,) float32 of sum 1, how many clips each kind has.
        sizes: (c, 2) float32, mean and deviation of the sizes of a kind's clips.
        mean: (c, t, k) float64, the mean clip of each kind, at size 1.
        curves: (j, t, k) float64, principal curves of all kinds, each in its own deviations.
        owners: (j,) the kind of each curve.
        weights: (n, 1 + j) float32, the size in its deviations, and the weights of the curves: in
            each kind uncorrelated and of deviation 1, and 0 at the curves of others.
        importance: (c, 1 + j) float32, how much an error of each of these counts.
    """

    kinds: Tensor
    shares: Tensor
    sizes: Tensor
    mean: Tensor
    curves: Tensor
    owners: Tensor
    weights: Tensor
    importance: Tensor


@dataclass(frozen=True)
class _Kind:
    """Clips of one kind: (m, t, k) of size 1 around `mean`, as weights of curves."""

    mean: Tensor
    curves: Tensor
    weights: Tensor
    scale: Tensor


def clip_space(clips: Tensor, kinds: int = 1) -> ClipSpace:
    """Sort clips into kinds, and find the principal curves of each.

    What a curve may do, and how fast, is what clips do: a sum of them trembles no more than they,
    and nothing moves that stands still in all clips of the kind. Curves with less than a
    hundred-thousandth of the first one's variance are left out.

    Args:
        clips: (n, t, k) coordinates from rest, n of 2 or more, which are not all alike.
        kinds: Kinds at most.
    """
    labels = sorted_into_kinds(clips, kinds)
    count = int(labels.max()) + 1
    sizes = clips.double().square().mean((1, 2)).sqrt()
    # Clips that all but stand still keep their size, so that their noise is not blown up.
    sizes = sizes.clamp(min=_LEAST_SIZE * float(sizes.mean()))
    parts = [_kind(clips[labels == k] / sizes[labels == k, None, None]) for k in range(count)]
    owners = torch.cat([torch.full((len(part.curves),), k) for k, part in enumerate(parts)])
    means = torch.stack([sizes[labels == k].mean() for k in range(count)])
    spreads = torch.stack([sizes[labels == k].std(correction=0) for k in range(count)])
    spreads = spreads.clamp(min=1e-6)
    weights = torch.zeros(len(clips), 1 + len(owners))
    importance = torch.zeros(count, 1 + len(owners))
    weights[:, 0] = ((sizes - means[labels]) / spreads[labels]).float()
    importance[:, 0] = _SIZE_COUNTS
    for k, part in enumerate(parts):
        own = 1 + (owners == k).nonzero()[:, 0]
        weights[(labels == k).nonzero(), own] = part.weights.float()
        importance[k, own] = (part.scale / part.scale.sum()).float()
    return ClipSpace(
        labels,
        (torch.bincount(labels) / len(labels)).float(),
        torch.stack([means, spreads], dim=1).float(),
        torch.stack([part.mean for part in parts]),
        torch.cat([part.curves for part in parts]),
        owners,
        weights,
        importance,
    )


def _kind(clips: Tensor) -> _Kind:
    flat = clips.flatten(1).double()
    mean = flat.mean(0)
    values, vectors = torch.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
    values, vectors = values.flip(0), vectors.flip(1)
    kept = values > _LEAST_SHARE * values[0]
    scale, axes = values[kept].sqrt(), vectors[:, kept]
    shape = clips.shape[1:]
    return _Kind(
        mean.view(shape),
        (axes * scale).T.reshape(-1, *shape),
        (flat - mean) @ axes / scale,
        scale,
    )
