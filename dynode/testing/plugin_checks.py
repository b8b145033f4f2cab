"""The checks of anything a plugin registers, one test each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from dynode.plugins.face_detector import FaceDetector
from dynode.plugins.formats import Format
from dynode.plugins.inverter import Inverter
from dynode.plugins.methods import (
    DirectionKind,
    DirectionMethod,
    GeneratorFamily,
    GeneratorProvider,
    Plugin,
    Scorer,
    TextEncoder,
)
from dynode.plugins.metric import Metric
from dynode.plugins.picture_distance import PictureDistance
from dynode.plugins.trainable import Trainable, TrainableGenerator
from dynode.testing import (
    device_checks,
    direction_checks,
    distance_checks,
    edit_checks,
    face_checks,
    format_checks,
    inverter_checks,
    kind_checks,
    metric_checks,
    model_checks,
    provider_checks,
    training_checks,
)
from dynode.testing.direction_trial import DirectionTrial
from dynode.testing.plugin_check import PluginCheck, bind


def checks_for(
    thing: Plugin | click.Command,
    *,
    options: Mapping[str, Any] | None = None,  # values by option name
    expected_failures: Mapping[str, str] | None = None,
) -> list[PluginCheck]:
    """List the promises of a thing that a plugin registers, each callable as a test.

    They run on tiny generators with random weights and on the CPU; scorers and text models are stood
    in for, so that no method needs weights of its own. With pytest, one id a check:

        @pytest.mark.parametrize("check", checks_for(Brighten()), ids=str)
        def test_brighten_keeps_its_promises(check):
            check()

    Args:
        thing: An instance of any class that a hook registers, or a command.
        options: Options that it runs with, besides its `check_options`; keep them small.
        expected_failures: Reasons by id of the checks that are expected to fail, besides those of
            its `expected_failures`.

    Returns:
        The checks, what is cheap and tells most first.

    Raises:
        TypeError: It is nothing that a hook registers.
        ValueError: A failure is expected of a check that there is not, or without a reason.
    """
    excused = {**getattr(thing, "expected_failures", {}), **(expected_failures or {})}
    for kind in _PROMISES:
        if isinstance(thing, kind):
            return _bound(thing, kind, dict(options or {}), excused)
    raise TypeError(
        f"a {type(thing).__name__} is nothing a hook registers; expected an instance of a class of "
        f"dynode.plugins, or a click command"
    )


def _bound(
    thing: Plugin | click.Command,
    kind: type,
    options: Mapping[str, Any],
    excused: Mapping[str, str],
) -> list[PluginCheck]:
    """Make the checks of a thing of a kind, and of its training where it has one."""
    hook, checks, on_trial = _PROMISES[kind]
    more = _training(thing, hook, excused)
    own = {check: why for check, why in excused.items() if check not in {c.id for c in more}}
    trial, name = on_trial(thing, options), str(thing.name)
    return [*bind(checks, trial, hook=hook, name=name, expected_failures=own), *more]


def _training(thing: object, hook: str, excused: Mapping[str, str]) -> list[PluginCheck]:
    """List what a thing that can be trained promises besides."""
    if not isinstance(thing, Trainable | TrainableGenerator):
        return []
    trial = training_checks.TrainingTrial(thing)
    checks = (*training_checks.TRAINING_CHECKS, device_checks.trains_on_the_generators_device)
    bound = bind(checks, trial, hook=hook, name=f"train {thing.training}", expected_failures={})
    return [replace(check, expected_failure=excused.get(check.id, "")) for check in bound]


def _itself(thing: Any, options: Mapping[str, Any]) -> Any:
    """Check the thing as it is: its checks need nothing around it."""
    return thing


# Class -> the hook that registers it, its checks, and what they are run on.
_PROMISES: dict[type, tuple[str, Sequence[Any], Callable[[Any, Mapping[str, Any]], Any]]] = {
    DirectionMethod: (
        "register_directions",
        (
            *direction_checks.CHECKS,
            *edit_checks.CHECKS,
            device_checks.stays_on_the_generators_device,
        ),
        DirectionTrial,
    ),
    DirectionKind: ("register_direction_kinds", kind_checks.KIND_CHECKS, _itself),
    Inverter: (
        "register_inverters",
        (*inverter_checks.CHECKS, device_checks.inverts_on_the_generators_device),
        inverter_checks.InverterTrial,
    ),
    GeneratorProvider: (
        "register_generators",
        (*provider_checks.PROVIDER_CHECKS, device_checks.draws_on_the_device_asked_for),
        lambda thing, options: provider_checks.ProviderTrial(thing),
    ),
    GeneratorFamily: ("register_generators", provider_checks.FAMILY_CHECKS, _itself),
    Scorer: (
        "register_scorers",
        (*model_checks.SCORER_CHECKS, device_checks.scores_on_the_device_asked_for),
        lambda thing, options: model_checks.ScorerTrial(thing),
    ),
    TextEncoder: (
        "register_text_encoders",
        (*model_checks.TEXT_CHECKS, device_checks.embeds_on_the_device_asked_for),
        model_checks.TextTrial,
    ),
    Metric: (
        "register_metrics",
        (*metric_checks.CHECKS, device_checks.measures_on_the_device_asked_for),
        metric_checks.MetricTrial,
    ),
    Format: ("register_formats", format_checks.FORMAT_CHECKS, _itself),
    PictureDistance: (
        "register_distances",
        (*distance_checks.DISTANCE_CHECKS, device_checks.compares_on_the_device_asked_for),
        lambda thing, options: distance_checks.DistanceTrial(thing),
    ),
    FaceDetector: ("register_face_detectors", face_checks.FACE_CHECKS, face_checks.FaceTrial),
    Trainable: ("register_trainables", (), _itself),
    TrainableGenerator: ("register_trainables", (), _itself),
    click.Command: ("register_commands", provider_checks.COMMAND_CHECKS, _itself),
}
