"""Video generators are compared with real clips of their world, and every figure with frozen clips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

import dynode
from dynode import plugins
from dynode.errors import MissingWeightsError, UnknownNameError
from dynode.plugins import Registry
from dynode.testing import LinearTruth, PixelScorer, tiny_generator
from dynode_bench import bench_video
from dynode_stylegan_v.tiny import tiny_moving_generator

STILL = tiny_generator(16, w_dim=32, channels=8, name="tiny")


class Scorer(PixelScorer):
    texts = {"light": "a light picture"}

    def truth(self, info: Any) -> Any:
        return LinearTruth(STILL)


class Still(dynode.GeneratorProvider):
    name, summary, domain, default = "tiny", "random weights", "noise", True

    def load(self, device: Any) -> Any:
        return STILL


class Moving(Still):
    name, default = "moving", False

    def load(self, device: Any) -> Any:
        return tiny_moving_generator(STILL)


class Clouds(Moving):
    name, domain = "clouds", "skies"


class Speed(dynode.Measurement):
    def __init__(self) -> None:
        self.found = list[Tensor]()

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        self.found += [] if a is None else [a.diff(dim=1).abs().mean((1, 2, 3, 4))]

    def compute(self) -> dict[str, float]:
        return {"speed": float(torch.cat(self.found).mean())}


class Faster(dynode.Metric):
    """Mean change between frames; has to be given real clips."""

    name = "faster"
    summary = "change between frames"
    needs = dynode.Needs(items="clips")
    better = ""

    def start(self, options: Any, setting: Any) -> dynode.Measurement:
        assert setting.domain == "noise"
        return Speed()


class Weighty(Faster):
    name = "weighty"
    needs = dynode.Needs(items="clips", reference=False)

    def start(self, options: Any, setting: Any) -> dynode.Measurement:
        raise MissingWeightsError("weighty needs a file; give it with --weights FILE")


class OfPictures(Faster):
    name = "of-pictures"
    needs = dynode.Needs()


class OfPairs(Faster):
    name = "of-pairs"
    needs = dynode.Needs(items="clips", paired=True)


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    registry = Registry()
    registry.scorers.add(Scorer(), "tests")
    for provider in (Still, Moving, Clouds):
        registry.generators.add(provider(), "tests")
    for metric in (Faster, Weighty, OfPictures, OfPairs):
        registry.metrics.add(metric(), "tests")
    monkeypatch.setattr(plugins, "registry", lambda: registry)
    yield registry


def test_every_moving_generator_of_the_world_is_measured_beside_frozen_clips() -> None:
    rows = bench_video().rows

    assert [(row["metric"], row["clips"]) for row in rows] == [
        ("faster", "real, other clips"),
        ("faster", "moving"),
        ("weighty", "real, other clips"),
        ("weighty", "moving"),
    ]
    for row in rows[:2]:
        assert float(row["figure"] or 0) > 0
        assert row["of frozen clips"] == 0
    assert rows[0]["times real"] is None
    times = float(rows[1]["figure"] or 0) / float(rows[0]["figure"] or 1)
    assert rows[1]["times real"] == pytest.approx(times, rel=1e-3)  # both are rounded to 4 digits
    assert rows[1]["frozen, times real"] == 0
    assert rows[2]["figure"] is None and "weighty needs a file" in str(rows[2]["note"])


def test_the_plot_marks_generators_and_names_what_has_no_figure_once() -> None:
    plot = bench_video().plot()

    assert plot.count(">faster</text>") == plot.count(">weighty (no figure)</text>") == 1


def test_a_generator_that_does_not_move_or_is_unknown_is_told() -> None:
    with pytest.raises(MissingWeightsError, match="no video generator among tiny"):
        bench_video(methods=["tiny"])
    with pytest.raises(UnknownNameError, match="did you mean 'moving'"):
        bench_video(methods=["movin"])
