"""Staying on the device that was asked for, checked where there is only a CPU."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from dynode.errors import MissingWeightsError
from dynode.generator.protocol import Generator
from dynode.testing.direction_trial import DirectionTrial
from dynode.testing.distance_checks import DistanceTrial
from dynode.testing.generators import tiny_generator
from dynode.testing.inverter_checks import InverterTrial
from dynode.testing.metric_checks import MetricTrial
from dynode.testing.model_checks import ScorerTrial, TextTrial, drawn_pictures
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.pretend_device import DEVICE, NotPretended, place, pretend_device
from dynode.testing.provider_checks import ProviderTrial
from dynode.testing.training_checks import TrainingTrial

_LOAD = "move weights and constants to the device that load(device) names: network.to(device)"
_TOLERANCE = 1e-3  # of figures: sums may be taken in another order on another device


@contextlib.contextmanager
def _pretending() -> Iterator[None]:
    """Pretend a device; what cannot be pretended says nothing about the plugin."""
    with pretend_device():
        try:
            yield
        except NotPretended as reason:
            raise NotApplicable(str(reason)) from reason


def _placed() -> Generator:
    generator = tiny_generator(16, w_dim=32, channels=8)
    place(generator.network)
    return generator


def _assert_there(found: Tensor, what: str, dtype: torch.dtype = torch.float32) -> None:
    assert found.device == DEVICE, f"{what} on {found.device}, asked for {DEVICE}"
    assert found.dtype == dtype, f"{what} of {found.dtype}, expected {dtype}"


@remedy("make tensors with device=generator.device or .to(codes); copy with .cpu() before numpy()")
def stays_on_the_generators_device(trial: DirectionTrial) -> None:
    """On a device that is not the CPU (a pretended one) `find`, `apply` and drawing mix no devices."""
    with _pretending():
        generator = _placed()
        for direction in trial.find(generator):
            latents = generator.sample(1, seed=3)
            moved = direction.ready_for(generator).apply(latents, 1.0)
            _assert_there(generator.synthesize(moved), "the picture is")


@remedy("make tensors with device=generator.device or .to(images); keep the generator's dtype")
def inverts_on_the_generators_device(trial: InverterTrial) -> None:
    """On a device that is not the CPU (a pretended one) pictures there get float32 codes there."""
    generator = trial.another_generator()
    network = getattr(generator, "network", None)
    if not isinstance(network, nn.Module):
        raise NotApplicable("the generator has no network that could be moved")
    with _pretending():
        place(network)
        images = generator.synthesize(generator.sample(1, seed=3)).detach()
        found = trial.invert(images, generator=generator)
        _assert_there(found.w, "the codes are")


@remedy(_LOAD)
def scores_on_the_device_asked_for(trial: ScorerTrial) -> None:
    """Loaded for another device (a pretended one) it scores pictures there, in their type."""
    with _pretending():
        scores = trial.scorer.load(DEVICE).score(drawn_pictures(1, 32).to(DEVICE))
        _assert_there(scores, "the scores are")


@remedy(_LOAD + "; keep float32")
def embeds_on_the_device_asked_for(trial: TextTrial) -> None:
    """Loaded for another device (a pretended one) it embeds texts and pictures there, in float32."""
    assert trial.model  # or it needs weights, and says so
    with _pretending():
        model = trial.encoder.load(DEVICE, **trial.values)
        _assert_there(model.encode_texts(["smiling"]), "texts are embedded")
        images = drawn_pictures(1, model.image_size).to(DEVICE)
        _assert_there(model.encode_images(images), "pictures are embedded")


@remedy(_LOAD)
def compares_on_the_device_asked_for(trial: DistanceTrial) -> None:
    """Loaded for another device (a pretended one) it compares pictures there, in their type."""
    with _pretending():
        distance = trial.plugin.load(DEVICE, **trial.plugin.check_options)
        images = drawn_pictures(2, 32).to(DEVICE)
        _assert_there(distance.features(images), "features are")
        _assert_there(distance.distance(images, images.flip(0)), "the distance is")


@remedy("use setting.device: move networks there in start(), and items in features()")
def measures_on_the_device_asked_for(trial: MetricTrial) -> None:
    """Started for another device (a pretended one) it takes items of the CPU, and finds the same."""
    others = trial.items.flip(-1) * 0.5 - 0.2
    here = trial.figures(trial.items, others, 4)
    with _pretending():
        there = trial.figures(trial.items, others, 4, device=DEVICE)
    for name, value in here.items():
        allowed = _TOLERANCE * max(1.0, abs(value))
        assert abs(there[name] - value) <= allowed, f"{name}: {there[name]}, on the CPU {value}"


@remedy("make tensors with device=generator.device; load onto the CPU, then move")
def trains_on_the_generators_device(trial: TrainingTrial) -> None:
    """On a device that is not the CPU (a pretended one) steps of training mix no devices."""
    with _pretending(), tempfile.TemporaryDirectory() as folder:
        assert trial.train(Path(folder), generator=_placed()), "the file is empty"


@remedy("load the network onto the device that load(device) names")
def draws_on_the_device_asked_for(trial: ProviderTrial) -> None:
    """Loaded for another device (a pretended one) it maps and draws there."""
    try:
        with _pretending():
            generator = trial.provider.load(DEVICE)
            assert generator.device == DEVICE, f"the generator says {generator.device}"
            drawn = generator.synthesize(generator.sample(1, seed=3))
            _assert_there(drawn, "the picture is", generator.dtype)
    except MissingWeightsError as error:
        raise NotApplicable(f"it needs a file: {error}") from error
