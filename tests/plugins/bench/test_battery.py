"""Spoiled clips are spoiled in one way each, and a metric that does not see order is found out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

import dynode
from dynode import plugins
from dynode.errors import MissingWeightsError
from dynode.plugins import Registry
from dynode.testing import PixelScorer, tiny_generator
from dynode_bench import bench_metrics
from dynode_bench.battery import is_blind
from dynode_bench.corruptions import CORRUPTIONS

GENERATOR = tiny_generator(16, w_dim=32, channels=8, name="tiny")


def spoiled(name: str, clips: Tensor) -> Tensor:
    return CORRUPTIONS[name](clips.clone(), torch.Generator().manual_seed(0))


def clips(count: int = 3, frames: int = 8) -> Tensor:
    """Frames that are told apart by their level: clip i, frame t."""
    levels = torch.arange(count)[:, None] * 0.5 + torch.linspace(0, 0.3, frames)[None]
    return (levels[..., None, None, None] - 0.8).expand(count, frames, 3, 12, 12).clone()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_spoiling_keeps_the_shape_the_range_and_what_it_is_given(name: str) -> None:
    given = torch.rand(2, 6, 3, 12, 12, generator=torch.Generator().manual_seed(1)) * 2 - 1

    found = spoiled(name, given)

    assert found.shape == given.shape and found.abs().max() <= 1
    assert not torch.equal(found, given)
    assert torch.equal(found, spoiled(name, given))


def test_what_is_done_to_time_is_done_to_time_alone() -> None:
    given = clips()

    assert torch.equal(spoiled("reversed", given), given.flip(1))
    assert torch.equal(spoiled("frozen", given), given[:, :1].expand_as(given))
    mixed = spoiled("shuffled frames", given)
    assert torch.equal(mixed[:, :, 0, 0, 0].sort(1).values, given[:, :, 0, 0, 0].sort(1).values)
    swapped = spoiled("identity swap", given)
    assert torch.equal(swapped[:, :4], given[:, :4])
    assert torch.equal(swapped[1, 4:], given[0, 4:])


def test_what_is_done_to_pictures_has_the_size_it_says() -> None:
    flat = torch.zeros(2, 8, 3, 64, 64)
    edge = torch.where(torch.arange(64) < 32, -1.0, 1.0).expand(2, 8, 3, 64, 64)

    assert spoiled("noise", flat).std() == pytest.approx(0.1, rel=0.02)  # of 196,608 draws
    assert spoiled("light blur", flat).abs().max() < 1e-6
    textured = torch.rand(1, 2, 3, 20, 24, generator=torch.Generator().manual_seed(1))
    soft = gaussian_filter(textured.numpy(), (0, 0, 0, 0.75, 0.75), mode="nearest")
    # of another library; both sums are of float32
    assert spoiled("light blur", textured).numpy() == pytest.approx(soft, abs=1e-5)
    drift = spoiled("colour drift", flat)[0, :, :, 0, 0]
    assert drift[0].abs().max() == 0
    assert drift[-1].tolist() == pytest.approx([0.25, 0, -0.25])
    moved = spoiled("jitter", edge)[0, :, 0, 20]
    assert {int(frame.lt(0).sum()) for frame in moved} <= {30, 31, 32, 33, 34}
    assert len({int(frame.lt(0).sum()) for frame in moved}) > 1


@pytest.mark.parametrize(
    ("better", "blurred", "mixed", "blind"),
    [
        ("lower", 2.0, 1.0, True),
        ("lower", 1.0, 2.0, False),
        ("higher", 0.5, 0.9, True),
        ("higher", 0.9, 0.5, False),
        ("", 1.5, 0.9, True),
        ("", 1.1, 3.0, False),
        ("lower", None, 1.0, False),
    ],
)
def test_blind_is_what_ranks_shuffled_frames_above_a_light_blur(
    better: str, blurred: float | None, mixed: float, blind: bool
) -> None:
    figures = {"as it is": 1.0, "light blur": blurred, "shuffled frames": mixed}

    assert is_blind(figures, better) is blind


class World:
    """Clips whose light grows evenly; the scorer's attributes are `light`, `warm` and `side`."""

    fps = 25.0

    def clips(self, count: int, times_s: Tensor, *, seed: int) -> Tensor:
        start = torch.rand(count, 1, generator=torch.Generator().manual_seed(seed)) - 0.9
        return (start + times_s.float()[None])[..., None].expand(-1, -1, 3)

    def draw(self, attributes: Tensor) -> Tensor:
        edge = torch.where(torch.arange(16) < 8, -0.2, 0.2)
        return (attributes[:, :1, None, None] + edge).expand(-1, 3, 16, 16)


class Scorer(PixelScorer):
    texts = {"light": "a light picture"}

    def truth(self, info: Any) -> Any:
        return World()


class Measured(dynode.Measurement):
    def __init__(self, name: str, figure: Any) -> None:
        self.name, self.figure, self.found = name, figure, list[float]()

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        if a is not None:
            self.found += [self.figure(one) for one in a]

    def compute(self) -> dict[str, float]:
        return {self.name: sum(self.found) / len(self.found)}


class Unsteady(dynode.Metric):
    """Mean change between frames."""

    name = "unsteady"
    summary = "change between frames"
    needs = dynode.Needs(items="clips", reference=False)

    def start(self, options: Any, setting: Any) -> dynode.Measurement:
        assert setting.domain == "noise"
        return Measured(self.name, lambda clip: float(clip.diff(dim=0).abs().mean()))


class Soft(dynode.Metric):
    """How soft edges are: a metric of pictures, which sees no order."""

    name = "soft"
    summary = "softness"
    needs = dynode.Needs(reference=False)

    def start(self, options: Any, setting: Any) -> dynode.Measurement:
        return Measured(self.name, lambda one: 1 - float(one.diff(dim=-1).amax()))


class Weighty(Soft):
    name = "weighty"

    def start(self, options: Any, setting: Any) -> dynode.Measurement:
        raise MissingWeightsError("weighty needs a file; give it with --weights FILE")


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    registry = Registry()
    registry.scorers.add(Scorer(), "tests")
    for metric in (Unsteady, Soft, Weighty):
        registry.metrics.add(metric(), "tests")
    monkeypatch.setattr(plugins, "registry", lambda: registry)
    yield registry


def test_every_metric_is_tried_on_every_corruption() -> None:
    rows = {row["metric"]: row for row in bench_metrics(GENERATOR).rows}

    # light grows by 1 / 25 a frame, to a level of 8 bits
    assert rows["unsteady"]["as it is"] == pytest.approx(0.04, abs=0.001)
    assert rows["unsteady"]["frozen"] == 0
    assert float(rows["unsteady"]["shuffled frames"] or 0) > 0.1
    assert rows["unsteady"]["blind to order"] == "" and rows["soft"]["blind to order"] == "yes"
    assert rows["weighty"]["as it is"] is None
    assert rows["weighty"]["note"] == "weighty needs a file; give it with --weights FILE"
