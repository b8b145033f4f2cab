"""The shortest way between two codes, as pictures are seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.distance import Distance
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, silent
from dynode_make.between import combine, cubic_weights
from dynode_make.pacing import features_of, seen_by, steps_as_seen

_KNOTS, _SWEEPS, _LOOKS = 5, 24, 24
_RATE = 0.02  # of the length of the way, over all numbers of a code


@dataclass(frozen=True, eq=False)
class ShortestWay:
    """A curve through knots.

    Attributes:
        knots: The codes it goes through, both ends among them.
        length: How long it is as seen.
        straight: How long the straight way is.
    """

    knots: Latents
    length: float
    straight: float

    def at(self, positions: Tensor) -> Latents:
        """Return the codes of positions (m,) float64, 0 to 1; at 0 and 1 they are exactly the ends'."""
        count = len(self.knots)
        return combine(self.knots, cubic_weights(positions * (count - 1), count, loop=False))


def shortest_way(
    generator: Generator, ends: Latents, *, progress: Progress = silent
) -> ShortestWay:
    """Bend the straight way between two codes until it is as short as can be, as pictures are seen.

    Knots on the way are moved in W+ one after the other, each towards the middle between its neighbours
    in the features of the distance: the discrete geodesic of Riemannian views of latent spaces (Shao,
    Kumar and Fletcher, "The Riemannian Geometry of Deep Generative Models", arXiv:1711.08014), which
    asks for the gradient of all knots at once; one at a time needs the memory of one picture.

    Args:
        generator: What draws.
        ends: Two codes.
        progress: Called with the number of sweeps.

    Returns:
        The best way met, measured between the knots too; the straight one where none is shorter.
    """
    distance = seen_by(generator)
    shares = torch.linspace(0, 1, _KNOTS + 2, dtype=torch.float64)
    knots = combine(ends, torch.stack([1 - shares, shares], 1))
    straight = _length(generator, distance, ShortestWay(knots, 0, 0).at)
    best = ShortestWay(knots, straight, straight)
    inner = [knots.w[i : i + 1].clone().requires_grad_() for i in range(1, _KNOTS + 1)]
    size = float((ends.w[1] - ends.w[0]).norm()) / ends.w[0].numel() ** 0.5
    optimizer = torch.optim.Adam(inner, lr=_RATE * size, betas=(0.8, 0.9))
    seen = [features_of(generator, distance, knots[[i]]) for i in range(len(knots))]
    for sweep in range(_SWEEPS):
        progress(sweep + 1, _SWEEPS, "shortening the way")
        _pull_together(generator, distance, knots, inner, seen)
        optimizer.step()
        if (sweep + 1) % (_SWEEPS // 4) == 0:
            moved = torch.cat([knots.w[:1], *(code.detach() for code in inner), knots.w[-1:]])
            way = ShortestWay(knots.with_w(moved), 0, straight)
            way = dataclasses.replace(way, length=_length(generator, distance, way.at))
            best = min(best, way, key=lambda one: one.length)
    return best


def _pull_together(
    generator: Generator,
    distance: Distance,
    knots: Latents,
    inner: list[Tensor],
    seen: list[Tensor],
) -> None:
    """Set the gradient of each inner knot: that of half the energy of the way, one knot at a time."""
    for place, code in enumerate(inner, 1):
        middle = (seen[place - 1] + seen[place + 1]) / 2
        drawn = generator.synthesize(knots[[place]].with_w(code)).clamp(-1, 1)
        features = distance.features(drawn)
        (code.grad,) = torch.autograd.grad((features - middle).square().sum(), [code])
        seen[place] = features.detach()


def _length(generator: Generator, distance: Distance, at: Callable[[Tensor], Latents]) -> float:
    """Add up the steps as seen along a way."""
    positions = torch.linspace(0, 1, _LOOKS + 1, dtype=torch.float64)
    steps = steps_as_seen(generator, distance, len(positions), lambda a, b: at(positions[a:b]))
    return float(steps[:-1].double().sum())
