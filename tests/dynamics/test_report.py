"""The report beside a trajectory."""

from __future__ import annotations

import json

import pytest
import torch

from dynode.dynamics.report import CodeError, held_out_errors, measure
from dynode.latents.latents import Latents


def test_errors_are_mean_squares_and_relative_norms() -> None:
    true = torch.full((2, 1, 2), 3.0)

    error = CodeError.of(true + 1, true)

    assert error.mse == pytest.approx(1.0)
    assert error.relative == pytest.approx(1 / 3)


def test_the_baselines_on_the_example_clip_are_the_published_figures(example_clip, quick) -> None:
    errors = held_out_errors(Latents(example_clip), torch.arange(11.0), options=quick)

    mse = {how: round(error.mse, 4) for how, error in errors.items() if how != "ode"}
    assert mse == {"hold": 0.9364, "linear": 0.5663, "cubic": 0.727}


def test_a_report_measures_observed_and_left_out_frames(trajectory) -> None:
    report = measure(trajectory, fit_s=1.0)

    assert report.frames == 13
    assert report.observed.mse < 0.01
    assert set(report.held_out) == {"ode", "hold", "linear", "cubic"}
    assert report.held_out_frames == 6
    assert report.evaluations > 0
    assert report.roughness == pytest.approx(1.0, abs=0.1)
    json.dumps(report.document())


def test_the_check_can_be_left_out(trajectory) -> None:
    assert measure(trajectory, check=False).held_out == {}
