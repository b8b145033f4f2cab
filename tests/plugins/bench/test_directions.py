"""Every kind of method is asked in its own way, measured at equal effect, and a failure is a row."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

import dynode
from dynode import plugins
from dynode.errors import MissingWeightsError, OptionError, UnknownNameError, UsageError
from dynode.plugins import Registry
from dynode.testing import LinearTruth, PixelScorer, run_command, tiny_generator
from dynode.testing.scorers import PixelScorerModel
from dynode_bench import DirectionBench
from dynode_bench.asking import Asking
from dynode_bench.directions import bench_directions
from dynode_bench.search import interpolate_at_one, leakage_of_codes
from dynode_bench.variant import Variant
from dynode_bench.world import World

ATTRIBUTES = ("light", "warm")


class Fine(PixelScorerModel):
    """A deviation is a small change here, so that a line stays one up to strength 2."""

    deviations = (0.02, 0.02, 0.02)


class Scorer(PixelScorer):
    texts = {"light": "a light picture", "warm": "a warm picture"}
    identity = ("side",)

    def load(self, device: Any) -> Any:
        return Fine()


class Provider(dynode.GeneratorProvider):
    name = "tiny"
    summary = "random weights"
    domain = "noise"
    default = True

    def load(self, device: Any) -> Any:
        return tiny_generator(16, w_dim=32, channels=8, name="tiny")


def towards(generator: Any, column: int, seed: int, samples: int = 48) -> dynode.LinearDirection:
    """The codes that go with a reading of the scorer."""
    sample = generator.sample(samples, seed=seed)
    score = PixelScorer().load("cpu").score(generator.synthesize(sample).detach())[:, column]
    delta = ((score - score.mean())[:, None, None] * sample.w).mean(0)
    return dynode.LinearDirection(delta / delta.norm()).with_info(name=f"column-{column}")


@dataclass(frozen=True)
class Told:
    attribute: str = dynode.option("", help="Attribute.")
    samples: int = dynode.option(48, help="Pictures.")


class ByAttribute(dynode.DirectionMethod):
    name = "by-attribute"
    summary = "codes that go with an attribute"
    options = Told
    small_budget = {"samples": 32}

    def find(self, generator: Any, options: Any, *, seed: int, **given: Any) -> Any:
        return towards(generator, ("light", "warm").index(options.attribute), seed, options.samples)


@dataclass(frozen=True)
class InWords:
    text: str = dynode.option(help="Text.")


class ByText(dynode.DirectionMethod):
    name = "by-text"
    summary = "codes that go with a word"
    options = InWords
    text_form = "{text} {degree}"
    told: list[str] = []

    def find(self, generator: Any, options: Any, *, seed: int, **given: Any) -> Any:
        self.told.append(options.text)
        return towards(generator, 0 if "light" in options.text else 1, seed)


class PerPicture(ByText):
    name = "per-picture"
    text_form = "{text}"
    per_image = True

    def find(self, generator: Any, options: Any, *, latents: Any = None, **given: Any) -> Any:
        column = 0 if "light" in options.text else 1
        return [towards(generator, column, 0).with_info(scale=3.0) for _ in range(len(latents))]


@dataclass(frozen=True)
class Components:
    component: int = dynode.option(-1, help="Which.")
    attribute: str = dynode.option("", help="Which attribute.")


class Unlabelled(dynode.DirectionMethod):
    name = "unlabelled"
    summary = "both columns"
    options = Components
    runs = 0

    def find(self, generator: Any, options: Any, *, seed: int, **given: Any) -> Any:
        from dynode.scoring.choosing import ChosenScorer
        from dynode.scoring.components import _named

        type(self).runs += 1
        scorer = ChosenScorer("pixels", Fine(), "")
        both = [towards(generator, column, seed) for column in (0, 1)]
        return _named(both, generator, scorer, seed=seed, progress=lambda *_: None)


class Stranger(dynode.DirectionMethod):
    """As a third-party plugin that knows nothing of benchmarks."""

    name = "stranger"
    summary = "lighten"

    def find(self, generator: Any, options: Any, *, seed: int, **given: Any) -> Any:
        return towards(generator, 0, seed)


class Nothing(Stranger):
    name = "nothing"

    def find(self, generator: Any, options: Any, **given: Any) -> Any:
        raise OptionError("nothing finds nothing; give up")


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    registry = Registry()
    registry.register(importlib.import_module("dynode_bench.plugin"), "tests")  # the command
    registry.generators.add(Provider(), "tests")
    registry.scorers.add(Scorer(), "tests")
    for method in (ByAttribute, ByText, PerPicture, Unlabelled, Stranger, Nothing):
        registry.directions.add(method(), "tests")
    monkeypatch.setattr(plugins, "registry", lambda: registry)
    monkeypatch.chdir(tmp_path)
    Unlabelled.runs = 0
    ByText.told.clear()
    yield registry


@pytest.mark.parametrize(
    ("method", "way", "once"),
    [
        (ByAttribute(), "attribute", False),
        (ByText(), "text", False),
        (Unlabelled(), "components", True),
        (Stranger(), "as it is", True),
    ],
)
def test_a_method_is_asked_by_the_options_it_has(method: Any, way: str, once: bool) -> None:
    asking = Asking(Variant(method, method.name, {}), "small")

    assert (asking.way, asking.once) == (way, once)


def test_the_small_budget_is_the_methods_own_and_the_full_one_its_defaults() -> None:
    plain = Variant.of(plugins.registry().directions, "by-attribute")
    own = Variant.of(plugins.registry().directions, "by-attribute:samples=7")

    assert Asking(plain, "small").options("light", "").samples == 32
    assert Asking(plain, "full").options("light", "").samples == 48
    assert Asking(own, "small").options("light", "").samples == 7


def test_a_method_is_compared_with_itself_under_other_options() -> None:
    methods = ["by-attribute", "by-attribute:samples=16"]

    rows = bench_directions(methods=methods, attributes=["light"]).rows

    assert [(row.method, row.renders) for row in rows] == [(methods[0], 32), (methods[1], 16)]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("by-attribute:sample=7", "did you mean 'samples'"),
        ("by-attribute:7", "'7'; expected NAME:OPTION=VALUE"),
    ],
)
def test_options_of_a_method_that_are_none_are_refused(name: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        bench_directions(methods=[name])


def test_every_method_is_measured_on_every_attribute_at_equal_effect() -> None:
    found = bench_directions()

    rows = {(row.method, row.attribute): row for row in found.rows}
    assert len(rows) == 6 * 2
    for method in ("by-attribute", "by-text", "unlabelled"):
        for attribute in ATTRIBUTES:
            row = rows[method, attribute]
            # calibrated on 16 other pictures; the spread of a mean of 24
            assert row.effect == pytest.approx(1.0, abs=0.4)
            assert row.leakage is not None and row.leakage > 0
            assert row.monotone is not None and row.monotone > 0.8
    assert rows["per-picture", "light"].effect is not None
    assert Unlabelled.runs == 1
    assert ByText.told == ["a light picture {degree}", "a warm picture {degree}"]


def test_renders_of_a_search_are_counted() -> None:
    rows = bench_directions(methods=["by-attribute", "stranger"], attributes=["light"]).rows

    assert [row.renders for row in rows] == [32, 48]


def test_a_failure_is_a_row_and_stops_nothing() -> None:
    rows = bench_directions(methods=["nothing", "stranger"], attributes=["light"]).rows

    assert [row.note for row in rows] == ["nothing finds nothing; give up", ""]
    assert rows[0].leakage is None and rows[1].leakage is not None


def test_a_direction_that_does_not_fit_is_a_row_with_its_methods_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find(self: Any, generator: Any, options: Any, **given: Any) -> Any:
        return dynode.LinearDirection(torch.ones(1, 32))

    monkeypatch.setattr(Stranger, "find", find)

    (row,) = bench_directions(methods=["stranger"], attributes=["light"]).rows

    assert row.note.startswith("direction 'stranger' moves 1 rows of width 32, the latents have 6")


def test_the_same_seed_gives_the_same_figures() -> None:
    first, again = (bench_directions(methods=["by-text"], seed=3).rows for _ in range(2))

    assert [(r.effect, r.leakage, r.curve) for r in first] == [
        (r.effect, r.leakage, r.curve) for r in again
    ]


def test_a_run_that_was_killed_does_not_measure_a_row_again(tmp_path: Path) -> None:
    keep, methods = tmp_path / "rows.jsonl", ["by-text", "unlabelled"]

    def kill(done: int, total: int, message: str = "") -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench_directions(methods=methods, keep=keep, progress=kill)
    keep.write_text(keep.read_text() + '\n{"spec": {"gener')
    asked = len(ByText.told)
    again = bench_directions(methods=methods, keep=keep)

    whole = bench_directions(methods=methods)
    assert asked == 2 and len(ByText.told) == 4  # by the whole run alone
    assert [r.curve for r in again.rows] == [r.curve for r in whole.rows]
    assert not keep.exists()


def test_rows_of_another_seed_or_budget_are_measured_anew(tmp_path: Path) -> None:
    keep = tmp_path / "rows.jsonl"

    def kill(done: int, total: int, message: str = "") -> None:
        raise KeyboardInterrupt

    for seed in (0, 1):
        with pytest.raises(KeyboardInterrupt):
            bench_directions(methods=["by-text"], seed=seed, keep=keep, progress=kill)

    assert len(ByText.told) == 2
    assert keep.read_text().count('"seed": "0"') == keep.read_text().count('"seed": "1"') == 1


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world that says which codes its attributes have."""
    generator = Provider().load("cpu")
    monkeypatch.setattr(Scorer, "truth", lambda self, info: LinearTruth(generator))
    return World.of(generator, ["light"], pictures=4, seed=0)


def test_leakage_is_read_off_codes_in_which_attributes_are_planted(planted: World) -> None:
    assert planted.axes is not None
    latents = planted.population.latents
    shift = (0.02 * planted.axes[0] - 0.01 * planted.axes[1]).float()

    leakage = leakage_of_codes(planted, "light", latents.with_w(latents.w + 3 * shift))

    # of two others, of the same deviation, one moves half as far the other way; rounded to 1e-4
    assert leakage == pytest.approx(0.25, abs=1e-3)


def test_no_leakage_is_read_off_codes_that_are_not_the_worlds(planted: World) -> None:
    assert planted.axes is not None
    latents = planted.population.latents
    moved = latents.w + planted.axes[0].float()
    moved[:, 0] += 0.1

    assert leakage_of_codes(planted, "light", latents.with_w(moved)) is None


def test_values_are_interpolated_where_the_effect_is_one() -> None:
    assert interpolate_at_one([0.5, 1.5], [0.2, 0.4]) == pytest.approx(0.3)
    assert interpolate_at_one([2.0], [0.4]) == pytest.approx(0.2)
    assert interpolate_at_one([0.2, 0.9], [0.2, 0.4]) is None


def test_what_cannot_be_measured_is_told(world: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="unknown direction method 'stanger'"):
        bench_directions(methods=["stanger"])
    with pytest.raises(UnknownNameError, match="did you mean 'light'"):
        bench_directions(attributes=["ligth"])
    monkeypatch.setattr(Scorer, "texts", {})
    with pytest.raises(MissingWeightsError, match="says no attribute in words"):
        bench_directions()


def test_the_command_writes_a_table_a_plot_and_one_document(tmp_path: Path) -> None:
    arguments = ["bench", "directions", "--methods", "stranger,nothing", "--attributes", "light"]
    arguments += ["--workers", "1"]

    printed = run_command(arguments).stdout
    told = json.loads(run_command([*arguments, "-o", "found", "--json"]).stdout)

    written = {path.suffix: path.read_text() for path in (tmp_path / "found").iterdir()}
    assert "| light | stranger |" in printed and "| nothing | 0 of 1 |" in printed
    assert written[".md"].count("| light | stranger |") == 1
    assert (
        ">stranger</text>" in written[".svg"] and ">nothing (no figure)</text>" in written[".svg"]
    )
    assert [row["method"] for row in told["rows"]] == ["stranger", "nothing"]
    assert DirectionBench.of(json.loads(written[".json"])).table() + "\n" == written[".md"]
    assert run_command([*arguments, "-o", "found"]).exit_code == 2
