"""The baselines, against numpy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline

from dynode.dynamics.baselines import interpolate_codes, interpolate_latents
from dynode.latents.latents import Latents

TIMES = torch.tensor([0.0, 1.0, 2.5, 3.0, 5.0], dtype=torch.float64)
WANTED = torch.tensor([-1.0, 0.0, 0.3, 1.0, 2.0, 4.9, 5.0, 6.0], dtype=torch.float64)
CODES = torch.from_numpy(np.random.RandomState(0).randn(5, 1, 2))


def test_linear_is_numpys_interpolation() -> None:
    found = interpolate_codes(CODES, TIMES, WANTED, "linear")

    wanted = [np.interp(WANTED, TIMES, CODES[:, 0, column]) for column in range(2)]
    np.testing.assert_allclose(found[:, 0], np.stack(wanted, 1), atol=1e-12)


def test_cubic_is_scipys_spline() -> None:
    found = interpolate_codes(CODES, TIMES, WANTED, "cubic")

    np.testing.assert_allclose(found, CubicSpline(TIMES, CODES)(WANTED), atol=1e-10)


def test_hold_repeats_the_frame_before() -> None:
    found = interpolate_codes(CODES, TIMES, WANTED, "hold")

    assert torch.equal(found, CODES[[0, 0, 0, 1, 1, 3, 4, 4]])


@pytest.mark.parametrize("how", ["hold", "linear", "cubic"])
def test_observed_frames_are_met(how) -> None:
    found = interpolate_codes(CODES, TIMES, TIMES, how)

    torch.testing.assert_close(found, CODES, atol=1e-12, rtol=0)


def test_offsets_are_interpolated_with_the_codes() -> None:
    clip = Latents(CODES, {"b4.conv1": TIMES[:, None]})

    found = interpolate_latents(clip, TIMES, torch.tensor([0.5, 4.0]))

    assert found.styles["b4.conv1"][:, 0].tolist() == pytest.approx([0.5, 4.0])
