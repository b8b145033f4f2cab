"""Sort clips into kinds: those that move in the same directions of the code, to the same sides."""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST_CLIPS = 16
_ROUNDS = 50
_STARTS = 4


def sorted_into_kinds(clips: Tensor, most: int) -> Tensor:
    """Give each clip the number of its kind, by k-means on where it moves; the same every time.

    What is compared is the mean and the root mean square of each coordinate over a clip, as a
    vector of length 1: how far a clip moves makes no kind. Kinds of fewer than 16 clips are joined
    to their neighbours.

    Args:
        clips: (n, t, k) coordinates from rest.
        most: Kinds at most.

    Returns:
        (n,) whole numbers from 0 on, each of which occurs.
    """
    profile = torch.cat([clips.mean(1), clips.square().mean(1).sqrt()], dim=1).double()
    profile = torch.nn.functional.normalize(profile, dim=1)
    random = torch.Generator().manual_seed(0)
    most = max(1, min(most, len(clips) // _LEAST_CLIPS))
    starts = [_found(profile, most, random) for _ in range(_STARTS)]
    centres = min(starts, key=lambda each: float(_distance(profile, each).amin(1).sum()))
    while True:
        kinds = _distance(profile, centres).argmin(1)
        counts = torch.bincount(kinds, minlength=len(centres))
        if len(centres) == 1 or int(counts.min()) >= _LEAST_CLIPS:
            return kinds
        centres = centres[torch.arange(len(centres)) != counts.argmin()]


def _found(points: Tensor, count: int, random: torch.Generator) -> Tensor:
    """Find centres (count, k): k-means from a start of far points (k-means++)."""
    centres = points[torch.randint(len(points), (1,), generator=random)]
    while len(centres) < count:
        odds = _distance(points, centres).amin(1) + 1e-12
        centres = torch.cat([centres, points[torch.multinomial(odds, 1, generator=random)]])
    for _ in range(_ROUNDS):
        near = _distance(points, centres).argmin(1)
        counts = torch.bincount(near, minlength=count)[:, None]
        sums = torch.zeros_like(centres).index_add(0, near, points)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return centres


def _distance(points: Tensor, centres: Tensor) -> Tensor:
    """Return squared distances (points, centres)."""
    return (points[:, None] - centres).square().sum(-1)
