"""The smooth path, against scikit-learn's Gaussian process and finite differences."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from dynode.dynamics.path import SmoothPath, _posterior, subdivided

TIMES = torch.tensor([0.0, 1.0, 1.7, 3.2, 4.0, 5.5, 6.0], dtype=torch.float64)
STATES = torch.from_numpy(np.random.RandomState(0).randn(7, 2))


def test_without_smoothing_the_path_passes_through_every_state() -> None:
    path = SmoothPath.through(TIMES, STATES, smoothing=False)

    # the jitter of 1e-6 on the covariance
    torch.testing.assert_close(path.value(TIMES), STATES, atol=1e-4, rtol=0)


def test_smoothing_keeps_a_line_and_flattens_noise() -> None:
    times = torch.arange(60, dtype=torch.float64)
    wave = torch.sin(times / 8)
    noisy = (wave + 0.3 * torch.from_numpy(np.random.RandomState(1).randn(60)))[:, None]

    path = SmoothPath.through(times, noisy, smoothing=True)

    error = (path.value(times)[:, 0] - wave).square().mean().sqrt()
    assert error < 0.15  # half of the noise's 0.3


def test_the_velocity_is_the_derivative_of_the_value() -> None:
    path = SmoothPath.through(TIMES, STATES, smoothing=False)
    at = torch.linspace(-1, 7, 33, dtype=torch.float64)

    difference = (path.value(at + 1e-5) - path.value(at - 1e-5)) / 2e-5

    torch.testing.assert_close(path.velocity(at), difference, atol=1e-6, rtol=1e-6)


def test_one_grid_point_is_the_posterior_mean_of_scikit_learn() -> None:
    coefficients, mean, evidence = _posterior(TIMES, STATES, 1.3, 0.2)
    centred = (STATES - mean).numpy()[:, 0]
    oracle = GaussianProcessRegressor(
        Matern(1.3, "fixed", nu=2.5), alpha=0.2 + 1e-6, optimizer=None
    )
    oracle.fit(TIMES.numpy()[:, None], centred)

    np.testing.assert_allclose(coefficients[:, 0], oracle.alpha_, rtol=1e-8)
    assert evidence.shape == mean.shape == (2,)


def test_the_evidence_is_the_restricted_likelihood_of_contrasts() -> None:
    # REML by its definition: the density of any n - 1 independent contrasts, variance profiled out.
    contrasts = np.linalg.svd(np.ones((1, 7)))[2][1:]
    gaps = np.sqrt(5) * (TIMES[:, None] - TIMES).abs().numpy() / 1.3
    kernel = (1 + gaps + gaps**2 / 3) * np.exp(-gaps) + (0.2 + 1e-6) * np.eye(7)
    seen = contrasts @ STATES.numpy()
    covariance = contrasts @ kernel @ contrasts.T
    variance = np.einsum("ik,ij,jk->k", seen, np.linalg.inv(covariance), seen) / 6
    expected = -0.5 * (6 * np.log(variance) + np.linalg.slogdet(covariance)[1])

    _, _, evidence = _posterior(TIMES, STATES, 1.3, 0.2)

    np.testing.assert_allclose(np.diff(evidence), np.diff(expected), rtol=1e-8)


def test_intervals_are_divided_evenly_and_keep_both_ends() -> None:
    assert subdivided([0.0, 1.0, 3.0], 2).tolist() == [0.0, 0.5, 1.0, 2.0, 3.0]
