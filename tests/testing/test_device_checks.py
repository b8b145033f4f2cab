"""A plugin of any kind that forgets the device, or changes the type, is caught by its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

import dynode
from dynode.distance.distance import Distance
from dynode.latents import Latents
from dynode.options import option
from dynode.plugins import Measurement, Needs
from dynode.plugins.picture_distance import PictureDistance
from dynode.plugins.trainable import Trainable
from dynode.testing import ColourWords, PixelScorer, checks_for, tiny_generator
from dynode.testing.pretend_device import DEVICE, place, pretend_device
from dynode.testing.stand_ins import ColourModel

HERE, THERE = torch.device("cpu"), DEVICE


def told(thing: Any, check_id: str) -> tuple[str, str]:
    (check,) = [each for each in checks_for(thing) if each.id == check_id]
    outcome = check.outcome()
    return outcome.status, outcome.message


@dataclass(frozen=True)
class NoOptions:
    """No options."""


class Mean(dynode.Inverter):
    """Gives the mean code."""

    name = "mean"
    summary = "the mean code"
    options = NoOptions

    def invert(
        self, generator: Any, images: Tensor, options: object, *, seed: int, progress: object
    ) -> Latents:
        rows = (len(images), generator.info.num_layers, -1)
        return Latents(self.code(generator).expand(*rows).clone())

    def code(self, generator: Any) -> Tensor:
        return generator.mean_w


class MeanOfTheCpu(Mean):
    def code(self, generator: Any) -> Tensor:
        return generator.mean_w.cpu()


class MeanBesideTheCpu(Mean):
    def code(self, generator: Any) -> Tensor:
        return generator.mean_w + torch.zeros(generator.info.w_dim)


class MeanInDouble(Mean):
    def code(self, generator: Any) -> Tensor:
        return generator.mean_w.double()


@pytest.mark.parametrize(
    ("inverter", "message"),
    [
        (Mean, ""),
        (MeanOfTheCpu, "the codes are on cpu, asked for cuda:0"),
        (MeanBesideTheCpu, "at least two devices"),
        (MeanInDouble, "the codes are of torch.float64, expected torch.float32"),
    ],
)
def test_an_inverter_that_leaves_the_device_is_caught(inverter: type[Mean], message: str) -> None:
    status, found = told(inverter(), "inverts-on-the-generators-device")

    assert status == ("failed" if message else "passed"), found
    assert message in found


def scoring(score: Callable[[Any, Tensor], Tensor]) -> PixelScorer:
    class Bent(PixelScorer):
        name = "bent"

        def load(self, device: Any) -> Any:
            real = super().load(device)

            class Model:
                attributes, deviations = real.attributes, real.deviations

                def score(self, images: Tensor) -> Tensor:
                    return score(real, images)

            return Model()

    return Bent()


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda real, x: real.score(x), ""),
        (lambda real, x: real.score(x) * torch.ones(len(real.attributes)), "at least two devices"),
        (lambda real, x: real.score(x.cpu()), "the scores are on cpu"),
        (lambda real, x: real.score(x).half(), "the scores are of torch.float16"),
    ],
    ids=["right", "mixes", "on the cpu", "half"],
)
def test_a_scorer_that_leaves_the_device_is_caught(score: Any, message: str) -> None:
    status, found = told(scoring(score), "scores-on-the-device-asked-for")

    assert status == ("failed" if message else "passed"), found
    assert message in found


class TextsOnTheCpu(ColourWords):
    """Forgets where it was asked to load."""

    def load(self, device: Any, **_: Any) -> ColourModel:
        return ColourModel("cpu")


@pytest.mark.parametrize(
    ("encoder", "message"), [(ColourWords, ""), (TextsOnTheCpu, "texts are embedded on cpu")]
)
def test_a_text_encoder_that_leaves_the_device_is_caught(encoder: Any, message: str) -> None:
    status, found = told(encoder(), "embeds-on-the-device-asked-for")

    assert status == ("failed" if message else "passed"), found
    assert message in found


class Weighted(Distance):
    """Pixels, weighted by a constant that lies somewhere."""

    def __init__(self, where: torch.device | str) -> None:
        self.weight = torch.full((1, 3, 1, 1), 2.0, device=where)

    def features(self, images: Tensor) -> Tensor:
        return (images * self.weight).flatten(1)

    def to(self, device: Any, dtype: Any = None) -> Weighted:
        return Weighted(device)


class WeightedPixels(PictureDistance):
    name = "weighted"
    summary = "weighted pixels"

    def load(self, device: Any, *, weights: Path | None = None) -> Distance:
        return Weighted(device)


class WeightedOnTheCpu(WeightedPixels):
    def load(self, device: Any, *, weights: Path | None = None) -> Distance:
        return Weighted("cpu")


@pytest.mark.parametrize(
    ("distance", "message"), [(WeightedPixels, ""), (WeightedOnTheCpu, "at least two devices")]
)
def test_a_distance_that_leaves_the_device_is_caught(distance: Any, message: str) -> None:
    status, found = told(distance(), "compares-on-the-device-asked-for")

    assert status == ("failed" if message else "passed"), found
    assert message in found


class Level(Measurement):
    """The mean of all items, weighted on a device."""

    spec: ClassVar[Mapping[str, str]] = {}

    def __init__(self, weight: Tensor, where: torch.device | str) -> None:
        self.weight, self.where, self.levels = weight, where, list[Tensor]()

    def features(self, items: Tensor) -> Tensor:
        return (items.to(self.where) * self.weight).flatten(1).mean(1)

    def update(self, first: Tensor | None, second: Tensor | None) -> None:
        self.levels += [side for side in (first, second) if side is not None]

    def compute(self) -> Mapping[str, float]:
        return {"level": float(torch.cat(self.levels).double().mean())}


class MeanLevel(dynode.Metric):
    name = "level"
    summary = "mean level"
    needs = Needs("pictures")
    options = NoOptions

    def start(self, options: object, setting: Any) -> Measurement:
        return Level(torch.full((1,), 2.0, device=setting.device), setting.device)


class MeanLevelOfTheCpu(MeanLevel):
    def start(self, options: object, setting: Any) -> Measurement:
        return Level(torch.full((1,), 2.0), setting.device)


@pytest.mark.parametrize(
    ("metric", "message"), [(MeanLevel, ""), (MeanLevelOfTheCpu, "at least two devices")]
)
def test_a_metric_that_leaves_the_device_is_caught(metric: Any, message: str) -> None:
    status, found = told(metric(), "measures-on-the-device-asked-for")

    assert status == ("failed" if message else "passed"), found
    assert message in found


@dataclass(frozen=True)
class Steps:
    """Options of a training."""

    steps: int = option(2, help="Steps.")


class Trained(Mean, Trainable):
    """An inverter that is trained, in small."""

    training = "level"
    training_summary = "fits a level"
    training_options = Steps
    check_training: ClassVar[Mapping[str, Any]] = {"steps": 1}

    def start(self, generator: Any) -> Tensor:
        return torch.zeros(1, device=generator.device)

    def train(self, generator: Any, output: Path, options: Any, *, progress: Any, **_: Any) -> None:
        level = self.start(generator).requires_grad_()
        optimiser = torch.optim.Adam([level])
        for seed in range(options.steps):
            drawn = generator.synthesize(generator.sample(1, seed=seed)).detach()
            (drawn - level).square().mean().backward()
            optimiser.step()
        output.write_text(str(level.item()))


class TrainedOnTheCpu(Trained):
    def start(self, generator: Any) -> Tensor:
        return torch.zeros(1)


@pytest.mark.parametrize(
    ("inverter", "message"), [(Trained, ""), (TrainedOnTheCpu, "at least two devices")]
)
def test_training_that_leaves_the_device_is_caught(inverter: Any, message: str) -> None:
    status, found = told(inverter(), "trains-on-the-generators-device")

    assert status == ("failed" if message else "passed"), found
    assert message in found


class Tiny(dynode.GeneratorProvider):
    name = "tiny"
    summary = "a tiny generator"
    domain = "noise"
    licence = "Apache-2.0"

    def load(self, device: Any) -> Any:
        generator = tiny_generator(8)
        if str(device) != "cpu":
            place(generator.network)
        return generator


class TinyOnTheCpu(Tiny):
    def load(self, device: Any) -> Any:
        return tiny_generator(8)


@pytest.mark.parametrize(
    ("provider", "message"), [(Tiny, ""), (TinyOnTheCpu, "the generator says cpu")]
)
def test_a_provider_that_forgets_the_device_is_caught(provider: Any, message: str) -> None:
    status, found = told(provider(), "draws-on-the-device-asked-for")

    assert status == ("failed" if message else "passed"), found
    assert message in found


def test_an_optimiser_steps_on_the_pretended_device() -> None:
    def stepped(device: torch.device) -> list[float]:
        value = torch.ones(3, device=device).requires_grad_()
        optimiser = torch.optim.Adam([value], lr=0.1)
        value.square().sum().backward()
        optimiser.step()
        return [round(number, 6) for number in value.detach().cpu().tolist()]

    with pretend_device():
        there = stepped(THERE)

    assert there == stepped(HERE)
