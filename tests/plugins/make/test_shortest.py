"""The shortest way between two codes: around a hill that is known, and never longer than the straight one."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

import dynode
from dynode.testing import tiny_generator
from dynode_make.shortest import shortest_way

HEIGHT, WIDTH = 0.9, 0.5


class Hill(nn.Module):
    """A point of the plane as one pixel: its place, and how high a hill stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Conv2d(3, 3, 1, bias=False)
        self.same.weight.data = torch.eye(3)[:, :, None, None]

    def forward(self, places: Tensor) -> Tensor:
        x, y = places.flatten(1).unbind(1)
        height = HEIGHT * torch.exp(-(x.square() + y.square()) / WIDTH**2)
        picture: Tensor = self.same(torch.stack([x / 2, y / 2, height], 1)[..., None, None])
        return picture


def length(way: Tensor) -> float:
    """Add up the steps of places (n, 2) on the ground, on the hill's surface."""
    heights = HEIGHT * torch.exp(-way.square().sum(1, keepdim=True) / WIDTH**2)
    surface = torch.cat([way / 2, heights], 1) / math.sqrt(3)  # of three values, as pixels count
    return float(surface.diff(dim=0).norm(dim=1).sum())


def test_a_hill_is_gone_around() -> None:
    generator = dynode.wrap_module(Hill(), input_shape=(2, 1, 1))
    ends = dynode.Latents(torch.tensor([[-1.0, 0.05], [1.0, 0.05]])[:, None])

    way = shortest_way(generator, ends)

    places = way.at(torch.linspace(0, 1, 201, dtype=torch.float64)).w[:, 0]
    line = torch.lerp(ends.w[0, 0], ends.w[1, 0], torch.linspace(0, 1, 201)[:, None])
    assert torch.equal(places[[0, -1]], ends.w[:, 0])
    assert float(places[100, 1]) > 0.3  # beside the top, on the side where it stood
    assert length(places) < 0.8 * length(line)
    # What it says is measured at 25 places: chords, which are a little shorter than the curve.
    assert 0.97 * length(places) <= way.length <= length(places) + 1e-6
    assert 0.97 * length(line) <= way.straight <= length(line) + 1e-6


def test_where_nothing_is_shorter_the_way_is_straight() -> None:
    generator = tiny_generator(16, w_dim=8, channels=4)
    ends = generator.sample(1, seed=3)[[0, 0]]

    way = shortest_way(generator, ends)

    assert way.length <= way.straight < 1e-4  # what float32 makes of shares that add up to one
    torch.testing.assert_close(way.knots.w, ends.w[:1].expand_as(way.knots.w), atol=1e-6, rtol=0)
