"""The checks of anything a plugin registers, one test each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from dynode.plugins.formats import Format
from dynode.plugins.methods import (
    DirectionKind,
    DirectionMethod,
    FaceDetector,
    GeneratorFamily,
    GeneratorProvider,
    Inverter,
    Metric,
    Plugin,
    Scorer,
    TextEncoder,
)
from dynode.testing import (
    direction_checks,
    edit_checks,
    face_checks,
    format_checks,
    inverter_checks,
    kind_checks,
    model_checks,
    provider_checks,
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
        thing: An instance of any class of `dynode.plugins.methods`, or a command.
        options: Options that it runs with, besides its `check_options`; keep them small.
        expected_failures: Reasons by id of the checks that are expected to fail, besides those of
            its `expected_failures`.

    Returns:
        The checks, in order: what is cheap and tells most comes first.

    Raises:
        TypeError: It is nothing that a hook registers.
        ValueError: A failure is expected of a check that there is not, or without a reason.
    """
    given = dict(options or {})
    excused = {**getattr(thing, "expected_failures", {}), **(expected_failures or {})}
    name = str(thing.name)
    match thing:
        case DirectionMethod():
            trial = DirectionTrial(thing, given)
            checks = (*direction_checks.CHECKS, *edit_checks.CHECKS)
            return bind(
                checks, trial, hook="register_directions", name=name, expected_failures=excused
            )
        case DirectionKind():
            return bind(
                kind_checks.KIND_CHECKS,
                thing,
                hook="register_direction_kinds",
                name=name,
                expected_failures=excused,
            )
        case Inverter():
            inverting = inverter_checks.InverterTrial(thing, given)
            return bind(
                inverter_checks.CHECKS,
                inverting,
                hook="register_inverters",
                name=name,
                expected_failures=excused,
            )
        case GeneratorProvider():
            loading = provider_checks.ProviderTrial(thing)
            return bind(
                provider_checks.PROVIDER_CHECKS,
                loading,
                hook="register_generators",
                name=name,
                expected_failures=excused,
            )
        case GeneratorFamily():
            return bind(
                provider_checks.FAMILY_CHECKS,
                thing,
                hook="register_generators",
                name=name,
                expected_failures=excused,
            )
    return _model_checks(thing, name, given, excused)


def _model_checks(
    thing: Plugin | click.Command,
    name: str,
    options: Mapping[str, Any],
    excused: Mapping[str, str],
) -> list[PluginCheck]:
    match thing:
        case Scorer():
            return bind(
                model_checks.SCORER_CHECKS,
                model_checks.ScorerTrial(thing),
                hook="register_scorers",
                name=name,
                expected_failures=excused,
            )
        case TextEncoder():
            return bind(
                model_checks.TEXT_CHECKS,
                model_checks.TextTrial(thing, options),
                hook="register_text_encoders",
                name=name,
                expected_failures=excused,
            )
        case Metric():
            return bind(
                model_checks.METRIC_CHECKS,
                model_checks.MetricTrial(thing),
                hook="register_metrics",
                name=name,
                expected_failures=excused,
            )
        case Format():
            return bind(
                format_checks.FORMAT_CHECKS,
                thing,
                hook="register_formats",
                name=name,
                expected_failures=excused,
            )
        case FaceDetector():
            return bind(
                face_checks.FACE_CHECKS,
                face_checks.FaceTrial(thing, options),
                hook="register_face_detectors",
                name=name,
                expected_failures=excused,
            )
        case click.Command():
            return bind(
                provider_checks.COMMAND_CHECKS,
                thing,
                hook="register_commands",
                name=name,
                expected_failures=excused,
            )
    raise TypeError(
        f"a {type(thing).__name__} is nothing a hook registers; expected an instance of a class of "
        f"dynode.methods, or a click command"
    )
