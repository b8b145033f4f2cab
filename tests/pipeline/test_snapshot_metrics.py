"""Snapshots of a training are measured as they appear, once each, by any installed metric."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dynode
from dynode import plugins
from dynode.errors import MediaError, MissingWeightsError, OptionError, UnknownNameError
from dynode.plugins import Registry
from dynode.testing import LinearTruth, PixelScorer, run_command, tiny_generator

HOW_TO = Path(__file__).parents[2] / "docs" / "howto" / "metrics.md"
SMALL: dict[str, Any] = {
    "steps": 4,
    "batch": 4,
    "z_dim": 8,
    "w_dim": 8,
    "max_channels": 4,
    "save_every": 2,
    "snapshot_every": 2,
}
FLAGS = [
    part for key, value in SMALL.items() for part in (f"--{key.replace('_', '-')}", str(value))
]


class Needy(dynode.Metric):
    """Never has its file."""

    name = "needy"
    summary = "needs a file"
    needs = dynode.Needs(reference=False)

    def start(self, options: Any, setting: Any) -> Any:
        raise MissingWeightsError("needy needs a file; give it with --weights FILE")


class Pairs(dynode.Metric):
    """Compares pairs."""

    name = "pairs"
    summary = "compares pairs"
    needs = dynode.Needs(paired=True)

    def start(self, options: Any, setting: Any) -> Any:
        raise AssertionError("refused before")


class Scorer(PixelScorer):
    texts = {"light": "a light picture"}

    def truth(self, info: Any) -> Any:
        return LinearTruth(tiny_generator(16, w_dim=32, channels=8))


class Provider(dynode.GeneratorProvider):
    name, summary, domain, default = "tiny", "random weights", "noise", True

    def load(self, device: Any) -> Any:
        return tiny_generator(16, w_dim=32, channels=8, name="tiny")


@pytest.fixture(autouse=True)
def stranger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The plugin of the how-to page, registered through its hook and nowhere else."""
    registry = Registry()
    for name in ("dynode_bench", "dynode_adversarial"):  # the commands
        registry.register(importlib.import_module(f"{name}.plugin"), "tests")
    monkeypatch.setattr(plugins, "registry", lambda: registry)
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    page: dict[str, Any] = {}
    (block,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, "metrics.md", "exec"), page)  # our own page
    page["register_metrics"](lambda metric: registry.metrics.add(metric, "a stranger"))
    for metric in (Needy, Pairs):
        registry.metrics.add(metric(), "tests")
    registry.scorers.add(Scorer(), "tests")
    registry.generators.add(Provider(), "tests")
    for index in range(8):
        path = Path("data") / ("dark" if index % 2 else "light") / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), 30 * index, np.uint8)).save(path)
    yield page["MeanColour"]


def logged(run: str = "run") -> list[tuple[int, str]]:
    lines = Path(run, "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [(read["step"], read["metric"]) for read in map(json.loads, lines)]


def train(**given: Any) -> Path:
    return dynode.train("stylegan2", data="data", folder="run", force=True, **SMALL, **given)


def test_the_metric_of_the_how_to_page_works_in_every_command() -> None:
    command = ["train", "stylegan2", "--data", "data", "--run-folder", "run", *FLAGS]

    measured = json.loads(run_command(["metrics", "mean-colour", "tiny", "data", "--json"]).stdout)
    compared = run_command(["bench", "metrics", "--methods", "mean-colour"])
    trained = run_command([*command, "--metrics", "mean-colour", "--metrics-count", "4"])

    assert measured["values"]["mean-colour"] > 0
    assert "| mean-colour | lower |" in compared.stdout
    assert (trained.exit_code, trained.stderr) == (0, "")
    assert logged() == [(2, "mean-colour"), (4, "mean-colour")]


def test_figures_of_a_snapshot_are_those_of_the_metric_on_its_file() -> None:
    train(metrics=["mean-colour"])

    last = json.loads(Path("run/metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    alone = dynode.measure("mean-colour", "run/snapshot-000004.safetensors", "data")
    assert last["values"] == dict(alone.values)
    assert last["spec"] == dict(alone.spec)
    assert "8 pictures of data" in last["spec"]["B"]


def test_a_killed_run_measures_what_is_left() -> None:
    class Killed(Exception):
        pass

    def kill(done: int, total: int, message: str = "") -> None:
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        train(metrics=["mean-colour"], progress=kill)
    before = Path("run/metrics.jsonl").read_text(encoding="utf-8")
    train(metrics=["mean-colour"])

    assert before.count("\n") == 1
    assert Path("run/metrics.jsonl").read_text(encoding="utf-8").startswith(before)
    assert logged() == [(2, "mean-colour"), (4, "mean-colour")]


def test_measuring_does_not_change_what_is_trained() -> None:
    measured = train(metrics=["mean-colour"], called="same").read_bytes()
    plain = dynode.train("stylegan2", data="data", folder="b", force=True, called="same", **SMALL)

    assert plain.read_bytes() == measured


@pytest.mark.parametrize(
    ("metrics", "count", "error", "told"),
    [
        (["mean-color"], None, UnknownNameError, "did you mean 'mean-colour'"),
        (["pairs"], None, OptionError, "pairs compares pairs, and what a generator draws"),
        (["needy"], None, MissingWeightsError, "needy needs a file"),
        (["mean-colour:x"], None, OptionError, "has 'x' behind mean-colour; expected OPTION=VALUE"),
        (["mean-colour:x=1"], None, UnknownNameError, "option of mean-colour"),
        (["mean-colour"], 9, OptionError, "--metrics-count is 9, and there are only 8"),
        ([], 9, OptionError, "--metrics-count belongs to --metrics"),
    ],
    ids=["unknown", "pairs", "weights", "no value", "no option", "too many", "count alone"],
)
def test_what_cannot_be_measured_is_told_before_the_training(
    metrics: list[str], count: int | None, error: Any, told: str
) -> None:
    with pytest.raises(error, match=told):
        train(metrics=metrics, metrics_count=count)

    assert not Path("run").exists()


def test_a_metric_that_fails_on_the_way_is_a_warning(
    stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = list[int]()
    start = stranger.start

    def fail(self: Any, options: Any, setting: Any) -> Any:
        begun.append(1)
        if len(begun) == 2:
            raise MediaError("the disk is gone")
        return start(self, options, setting)

    monkeypatch.setattr(stranger, "start", fail)

    with pytest.warns(UserWarning, match="step 2 is not measured: the disk is gone"):
        train(metrics=["mean-colour"])

    assert logged() == [(4, "mean-colour")]
