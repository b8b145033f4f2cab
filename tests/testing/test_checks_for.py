"""Every check of a plugin's things lets good ones pass and catches the mistake it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch

import dynode
from dynode.errors import MissingWeightsError
from dynode.plugins import registry
from dynode.plugins.methods import Progress
from dynode.testing import ColourWords, PixelScorer, checks_for, stand_ins, tiny_generator
from dynode.testing.plugin_check import PluginCheck


@dataclass(frozen=True)
class Options:
    samples: int = dynode.option(8, help="Pictures to go by.", min=2)


class Good(dynode.DirectionMethod):
    """Lighten the picture; the mistakes below are variations of it."""

    name = "good"
    summary = "lighten the picture"
    options: type = Options

    def find(
        self,
        generator: Any,
        options: Any,
        *,
        seed: int,
        progress: Progress,
        latents: Any = None,
    ) -> Any:
        sample = generator.sample(options.samples, seed=seed)
        with torch.no_grad():
            light = generator.synthesize(sample).mean((1, 2, 3))
        progress(1, 1)
        score = (light - light.mean()) / light.std()
        return self.made((score[:, None, None] * sample.w).mean(0))

    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta)


class Mutating(Good):
    def find(self, generator: Any, options: Any, *, latents: Any = None, **given: Any) -> Any:
        latents.w.add_(1.0)
        return super().find(generator, options, **given)


class Seedless(Good):
    def find(self, generator: Any, options: Any, *, seed: int, **given: Any) -> Any:
        return super().find(generator, options, seed=0, **given)


class Global(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta + torch.randn(delta.shape))


class Misshapen(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta[1:])


class Eighteen(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta.reshape(6, 32))


class Leaking(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta.clone().requires_grad_() * 1.0)


class NotANumber(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta * float("nan"))


class Printing(Good):
    def made(self, delta: torch.Tensor) -> Any:
        print("hello")
        return super().made(delta)


class Missing(Good):
    def made(self, delta: torch.Tensor) -> Any:
        import no_such_module_at_all  # type: ignore[import-not-found]

        return no_such_module_at_all


class Nothing(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta * 0)


class Liar(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return dynode.LinearDirection(delta).with_info(method="another", seed=7)


class Stubborn(Good):
    def find(self, generator: Any, options: Any, *, progress: Progress, **given: Any) -> Any:
        try:
            return super().find(generator, options, progress=progress, **given)
        except KeyboardInterrupt:
            return super().find(generator, options, progress=lambda *told: None, **given)


class Littering(Good):
    def find(self, generator: Any, options: Any, **given: Any) -> Any:
        Path("half.safetensors").write_bytes(b"")
        return super().find(generator, options, **given)


class Backwards(Good):
    def made(self, delta: torch.Tensor) -> Any:
        return super().made(delta)

    def find(self, generator: Any, options: Any, *, progress: Progress, **given: Any) -> Any:
        progress(3, 2)
        return super().find(generator, options, progress=progress, **given)


@dataclass
class Loose:
    samples: int = 8


class Undescribed(Good):
    options: type = Loose


@dataclass(frozen=True)
class Hiding:
    samples: int = dynode.option(8, help="Pictures.")
    strength: float = dynode.option(1.0, help="Hides --strength.")


class Clashing(Good):
    options: type = Hiding


def by_id(checks: list[PluginCheck]) -> dict[str, PluginCheck]:
    return {check.id: check for check in checks}


@pytest.mark.parametrize("check", checks_for(Good()), ids=str)
def test_a_good_method_keeps_every_promise(check: PluginCheck) -> None:
    check()


@pytest.mark.parametrize(
    ("method", "identity", "message"),
    [
        (Mutating(), "inputs-are-not-modified", "wrote into the codes"),
        (Seedless(), "another-seed-another-sample", "draw the same samples"),
        (Global(), "same-seed-same-result", "found twice"),
        (Global(), "the-global-random-state-is-left-alone", "random state moved"),
        (Misshapen(), "find-gives-directions", "has shape (5, 32)"),
        (Eighteen(), "other-shapes-work", "on a generator with 10 rows of width 24"),
        (Leaking(), "no-gradient-is-left-behind", "requires a gradient"),
        (NotANumber(), "find-gives-directions", "values that are not finite"),
        (Printing(), "nothing-is-printed", "it printed 'hello"),
        (Missing(), "find-gives-directions", "the missing module 'no_such_module_at_all'"),
        (Nothing(), "the-edit-moves-the-picture", "moves nothing"),
        (Liar(), "metadata-are-honest", "method 'another'"),
        (Stubborn(), "cancelling-leaves-nothing-behind", "swallowed"),
        (Littering(), "cancelling-leaves-nothing-behind", "files are left: half.safetensors"),
        (Backwards(), "progress-is-reported", "progress(3, 2)"),
        (Undescribed(), "options-are-validated", "Loose is not frozen"),
        (Clashing(), "options-hide-no-flag", "--strength is a flag"),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, Good) else None,
)
def test_a_mistake_is_caught_by_its_check_with_a_remedy(
    method: Good, identity: str, message: str
) -> None:
    check = by_id(checks_for(method))[identity]

    with pytest.raises(AssertionError) as caught:
        check()

    told = str(caught.value)
    assert told.startswith("register_directions 'good': ")
    assert message in told
    assert f"; remedy: {check.remedy}" in told


def test_an_expected_failure_is_told_to_pytest_with_its_reason() -> None:
    reason = "prints a banner, which its licence asks for"
    checks = by_id(checks_for(Printing(), expected_failures={"nothing-is-printed": reason}))

    with pytest.raises(pytest.xfail.Exception, match="banner"):
        checks["nothing-is-printed"]()

    assert checks["nothing-is-printed"].outcome().status == "expected"


def test_an_expected_failure_that_passes_is_a_failure() -> None:
    checks = by_id(checks_for(Good(), expected_failures={"nothing-is-printed": "it used to"}))

    with pytest.raises(AssertionError, match="it passes, though expected to fail"):
        checks["nothing-is-printed"]()


@pytest.mark.parametrize(
    ("expected", "message"),
    [({"no-such-check": "why"}, "no-such-check"), ({"nothing-is-printed": " "}, "the reason")],
    ids=["unknown", "without a reason"],
)
def test_expected_failures_name_a_check_and_a_reason(
    expected: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        checks_for(Good(), expected_failures=expected)


class Descent(dynode.Inverter):
    """Descend from the mean code."""

    name = "descent"
    summary = "gradient descent from the mean code"

    def invert(
        self, generator: Any, images: Any, options: Any, *, seed: int, progress: Progress
    ) -> Any:
        w = generator.mean_w.expand(len(images), generator.info.num_layers, -1)
        w = w.clone().requires_grad_()
        optimizer = torch.optim.Adam([w], lr=0.05)
        for step in range(8):
            drawn = generator.synthesize(dynode.Latents(w))
            optimizer.zero_grad()
            (drawn - images).square().mean((1, 2, 3)).sum().backward()
            optimizer.step()
            progress(step + 1, 8)
        return dynode.Latents(w.detach())


class MeanCode(Descent):
    def invert(
        self, generator: Any, images: Any, options: Any, *, seed: int, progress: Progress
    ) -> Any:
        rows = generator.mean_w.expand(len(images), generator.info.num_layers, -1)
        return dynode.Latents(rows.clone())


class Contrast(dynode.Metric):
    """The spread of the pixels; the mistakes below are variations of it."""

    name = "contrast"
    summary = "difference of the spread of the pixels"
    better = ""

    def start(self, options: Any, setting: dynode.Setting) -> dynode.Measurement:
        return Spread()


class Spread(dynode.Measurement):
    def __init__(self) -> None:
        self.kept: dict[str, list[torch.Tensor]] = {"a": [], "b": []}

    def features(self, items: torch.Tensor) -> torch.Tensor:
        return items.flatten(1).std(1)

    def update(self, a: torch.Tensor | None, b: torch.Tensor | None) -> None:
        self.kept["a"] += [] if a is None else [a]
        self.kept["b"] += [] if b is None else [b]

    def compute(self) -> Any:
        a, b = (torch.cat(parts).mean() for parts in self.kept.values())
        return {"contrast": float(a - b)}


class Standardised(Spread):
    def features(self, items: torch.Tensor) -> torch.Tensor:
        return super().features(items - items.mean(0))


class Blinding(Spread):
    def features(self, items: torch.Tensor) -> torch.Tensor:
        return super().features(items.mul_(0.5))


class Blind(Spread):
    def compute(self) -> Any:
        return {"contrast": 0.5}


class Endless(Spread):
    def compute(self) -> Any:
        return {"contrast": float("inf")}


def contrast_with(measurement: type[Spread]) -> dynode.Metric:
    class Wrong(Contrast):
        def start(self, options: Any, setting: dynode.Setting) -> dynode.Measurement:
            return measurement()

    return Wrong()


class Whole(dynode.Metric):
    """Written for dynode 0.1: all pictures in one tensor."""

    name = "whole"
    summary = "difference of the spread of the pixels"

    def measure(self, images: torch.Tensor, reference: torch.Tensor) -> float:
        return float(images.std() - reference.std())


class Provider(dynode.GeneratorProvider):
    name = "tiny"
    summary = "random weights"
    domain = "noise"
    licence = "Apache-2.0"

    def load(self, device: Any) -> Any:
        return tiny_generator(16, w_dim=32, channels=8, name="tiny")


class Family(dynode.GeneratorFamily):
    name = "family"
    summary = "files that begin with a word"

    def can_read(self, path: Path) -> bool:
        return path.read_bytes()[:6] == b"family"

    def read(self, path: Path, device: Any) -> Any:
        raise NotImplementedError


class Greedy(Family):
    def can_read(self, path: Path) -> bool:
        return True


class Corners(dynode.FaceDetector):
    """Finds a face in every picture that is not plain."""

    name = "corners"
    summary = "the middle of a picture that is not plain"

    def load(self, model: Path | None = None) -> Any:
        return self.find

    def find(self, pixels: np.ndarray) -> Any:
        middle = np.array([pixels.shape[1] / 2, pixels.shape[0] / 2])
        places = np.array([(-9, -8), (9, -8), (0, 0), (-7, 10), (7, 10)])
        return [middle + places] if np.ptp(pixels) else []


class Tuple(Corners):
    def find(self, pixels: np.ndarray) -> Any:
        return tuple(super().find(pixels))


class FourPoints(Corners):
    def find(self, pixels: np.ndarray) -> Any:
        return [face[1:] for face in super().find(pixels)]


class Nowhere(Corners):
    def find(self, pixels: np.ndarray) -> Any:
        return [face * np.nan for face in super().find(pixels)]


class Insisting(Corners):
    def find(self, pixels: np.ndarray) -> Any:
        found = super().find(pixels)
        return [found[0]]


class Trembling(Corners):
    calls = 0

    def find(self, pixels: np.ndarray) -> Any:
        self.calls += 1
        return [face + self.calls for face in super().find(pixels)]


class Painting(Corners):
    def find(self, pixels: np.ndarray) -> Any:
        found = super().find(pixels)
        pixels[0] = 0
        return found


class Talking(Corners):
    def find(self, pixels: np.ndarray) -> Any:
        print("found")
        return super().find(pixels)


class Fileless(Corners):
    def load(self, model: Path | None = None) -> Any:
        raise MissingWeightsError("no file")


class Reading(Fileless):
    takes_model = True


@click.command("sing")
def sing() -> None:
    """Sing."""


@pytest.mark.parametrize(
    "thing",
    [Descent(), PixelScorer(), ColourWords(), Contrast(), Corners(), Family(), sing],
    ids=lambda thing: thing.name,
)
def test_a_good_thing_of_every_kind_keeps_every_promise(thing: Any) -> None:
    outcomes = {check.id: check.outcome() for check in checks_for(thing)}

    assert {name: o.message for name, o in outcomes.items() if o.status != "passed"} == {}


@pytest.mark.parametrize(
    ("thing", "identity"),
    [
        (MeanCode(), "the-codes-draw-the-picture"),
        (Greedy(), "strangers-are-not-claimed"),
        (Tuple(), "faces-have-the-promised-shape"),
        (FourPoints(), "faces-have-the-promised-shape"),
        (Nowhere(), "faces-have-the-promised-shape"),
        (Insisting(), "a-plain-picture-raises-nothing"),
        (Trembling(), "the-same-picture-has-the-same-faces"),
        (Painting(), "pixels-are-left-alone"),
        (Talking(), "detecting-prints-nothing"),
        (Fileless(), "faces-have-the-promised-shape"),
        (contrast_with(Standardised), "batches-do-not-matter"),
        (contrast_with(Blinding), "measuring-changes-nothing"),
        (contrast_with(Blind), "a-metric-tells-items-apart"),
        (contrast_with(Endless), "figures-are-finite-numbers"),
        (click.Command("edit", help="Hides another."), "a-command-hides-no-other"),
        (click.Command("sing"), "a-command-has-help"),
    ],
    ids=lambda part: type(part).__name__ if not isinstance(part, click.Command | str) else None,
)
def test_a_mistake_of_every_kind_is_caught(thing: Any, identity: str) -> None:
    assert by_id(checks_for(thing))[identity].outcome().status == "failed"


def test_a_metric_of_the_old_contract_works_and_says_what_replaces_it() -> None:
    with pytest.warns(DeprecationWarning, match=r"define start\(options, setting\)"):
        outcomes = {check.id: check.outcome().status for check in checks_for(Whole())}

    assert set(outcomes.values()) == {"passed"}


def test_a_provider_is_checked_as_a_generator_and_for_what_it_announces() -> None:
    checks = by_id(checks_for(Provider()))

    assert len(checks) > 20
    assert checks["metadata-are-honest"].outcome().status == "passed"
    assert checks["a-batch-equals-a-loop"].outcome().status == "passed"


def test_a_detector_whose_file_is_missing_is_not_checked() -> None:
    outcomes = [check.outcome() for check in checks_for(Reading())]

    assert {(o.status, o.message) for o in outcomes} == {
        ("skipped", "it needs a file, options={'model': …}: no file")
    }


def test_what_no_hook_registers_cannot_be_checked() -> None:
    with pytest.raises(TypeError, match="nothing a hook registers"):
        checks_for(click.Option(["--name"]))  # type: ignore[arg-type]


def test_stand_ins_are_gone_after_the_block() -> None:
    with stand_ins() as shelves:
        inside = [thing.name for thing in shelves.scorers]

    assert inside == ["pixels"]
    assert list(shelves.scorers) == []


def test_unsigned_directions_are_signed_by_find(
    installing: Callable[[Any], None],
) -> None:
    installing(Good())

    found = dynode.find("good", tiny_generator(16, w_dim=32, channels=8), seed=3, samples=9)

    assert isinstance(found, dynode.Direction)
    assert (found.info.method, found.info.name, found.info.seed) == ("good", "good", 3)
    assert dict(found.info.options) == {"samples": 9}
    assert found.info.fingerprint and found.info.licence == "Apache-2.0"


@pytest.fixture
def installing() -> Callable[[Any], None]:
    return lambda method: registry().directions.add(method, "the test")
