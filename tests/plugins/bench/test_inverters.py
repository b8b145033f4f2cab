"""Inverters are compared on pictures of a world whose truth is known, and edited along its axes."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

import dynode
from dynode import plugins
from dynode.errors import MissingWeightsError, OptionError, UnknownNameError
from dynode.latents import Latents
from dynode.plugins import Registry
from dynode.testing import LinearTruth, PixelScorer, run_command, tiny_generator
from dynode_bench import bench_inverters

GENERATOR = tiny_generator(16, w_dim=32, channels=8, name="tiny")


WORLD = LinearTruth(GENERATOR)


class Scorer(PixelScorer):
    texts = {"light": "a light picture", "warm": "a warm picture"}

    def truth(self, info: Any) -> Any:
        return WORLD


class Oracle(dynode.Inverter):
    """Finds the picture among those of the world, and off by `off` from its code."""

    name = "oracle"
    summary = "knows the answer"
    off = 0.0

    def invert(self, generator: Any, images: Tensor, options: Any, **given: Any) -> Latents:
        known = WORLD.people(16, seed=70_000)
        gap = (WORLD.draw(known)[None] - images[:, None]).flatten(2).norm(dim=2)
        found = WORLD.latents(known[gap.argmin(1)])
        return found.with_w(found.w + self.off)


class Off(Oracle):
    name = "off"
    off = 0.05


@dataclass(frozen=True)
class HowFar:
    far: float = dynode.option(0.1, help="How far off.")


class Far(Oracle):
    name = "far"
    options = HowFar

    def invert(self, generator: Any, images: Tensor, options: Any, **given: Any) -> Latents:
        found = super().invert(generator, images, options, **given)
        return found.with_w(found.w + options.far)


class Nothing(Oracle):
    name = "nothing"

    def invert(self, generator: Any, images: Tensor, options: Any, **given: Any) -> Latents:
        raise OptionError("nothing inverts nothing; give up")


class Broken(Oracle):
    name = "broken"

    def invert(self, generator: Any, images: Tensor, options: Any, **given: Any) -> Latents:
        raise ZeroDivisionError("by\nnothing")


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    registry = Registry()
    registry.register(importlib.import_module("dynode_bench.plugin"), "tests")  # the command
    registry.scorers.add(Scorer(), "tests")
    for method in (Oracle, Off, Far, Nothing, Broken):
        registry.inverters.add(method(), "tests")
    monkeypatch.setattr(plugins, "registry", lambda: registry)
    monkeypatch.chdir(tmp_path)
    yield registry


def test_who_knows_the_codes_draws_and_edits_the_truth() -> None:
    rows = {row["inverter"]: row for row in bench_inverters(GENERATOR).rows}

    # equal but for the rounding of float32: 1e-6 of 2 is 126 dB; the figure ends at 106
    assert float(rows["oracle"]["PSNR (dB)"]) > 100
    assert float(rows["oracle"]["PSNR of edits (dB)"]) > 100
    assert rows["oracle"]["attribute error (σ)"] == pytest.approx(0, abs=1e-4)
    assert 10 < float(rows["off"]["PSNR (dB)"]) < 60
    assert float(rows["off"]["PSNR of edits (dB)"]) < 60


def test_an_inverter_that_fails_is_a_row_and_stops_nothing() -> None:
    rows = bench_inverters(GENERATOR, methods=["nothing", "broken", "off"]).rows

    notes = ["nothing inverts nothing; give up", "ZeroDivisionError: by nothing", ""]
    assert [row["note"] for row in rows] == notes
    assert rows[0]["PSNR (dB)"] is None and rows[2]["PSNR (dB)"] is not None


def test_an_inverter_is_compared_with_itself_under_other_options_on_as_many_pictures() -> None:
    found = bench_inverters(GENERATOR, methods=["off", "far", "far:far=0.05"], pictures=3)

    off, far, as_off = found.rows
    assert [off["inverter"], far["inverter"], as_off["inverter"]] == ["off", "far", "far:far=0.05"]
    assert as_off["PSNR (dB)"] == off["PSNR (dB)"] != far["PSNR (dB)"]
    assert found.spec["pictures"].startswith("3 of the world")


def test_the_same_seed_gives_the_same_figures() -> None:
    first, again = (
        [{k: v for k, v in row.items() if k != "seconds a picture"} for row in found.rows]
        for found in (bench_inverters(GENERATOR, methods=["off"], seed=3) for _ in range(2))
    )

    assert first == again


def test_what_cannot_be_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="unknown inverter 'orakle'"):
        bench_inverters(GENERATOR, methods=["orakle"])
    monkeypatch.setattr(Scorer, "truth", lambda self, info: None)
    with pytest.raises(MissingWeightsError, match="knows no world behind tiny"):
        bench_inverters(GENERATOR)


def test_the_command_writes_its_three_files(world: Registry, tmp_path: Path) -> None:
    class Provider(dynode.GeneratorProvider):
        name, summary, domain, default = "tiny", "random weights", "noise", True

        def load(self, device: Any) -> Any:
            return GENERATOR

    world.generators.add(Provider(), "tests")
    arguments = ["bench", "inverters", "--methods", "off,nothing", "--attributes", "light"]

    told = json.loads(run_command([*arguments, "-o", "found", "--json"]).stdout)

    assert [row["inverter"] for row in told["rows"]] == ["off", "nothing"]
    assert {path.name for path in (tmp_path / "found").iterdir()} == {
        "inverters.json",
        "inverters.md",
        "inverters.svg",
    }
    assert (tmp_path / "found" / "inverters.md").read_text().count("\n| off |") == 1
