"""Clips that move in a known way, the published example clip, and a fitted one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.settings import FitOptions
from dynode.dynamics.trajectory import Trajectory
from dynode.latents.latents import Latents


@pytest.fixture(scope="session")
def example_clip(repository) -> Tensor:
    """Codes of the published example clip, (11, 18, 512)."""
    path = repository.parent / "shared" / "data" / "dynode" / "latents.npz"
    if not path.is_file():
        pytest.skip("the published example clip is not beside the checkout (shared/data/dynode)")
    return torch.from_numpy(np.load(path)["latents"])


@pytest.fixture(scope="session")
def swinging() -> Callable[[Tensor], Tensor]:
    """Codes (n, 4, 8) at any times, going round an ellipse once every 6 units, and drifting."""
    axes = torch.from_numpy(np.random.RandomState(0).randn(3, 32))

    def codes(times: Tensor) -> Tensor:
        phase = 2 * torch.pi * times.double() / 6
        motion = torch.stack([phase.cos(), 0.5 * phase.sin(), 0.05 * times.double()], 1)
        return (motion @ axes).reshape(-1, 4, 8).float()

    return codes


@pytest.fixture(scope="session")
def quick() -> FitOptions:
    return FitOptions(steps=200, shooting=10, chunk=6, width=32)


@pytest.fixture(scope="session")
def trajectory(swinging, quick) -> Trajectory:
    """13 frames of the swinging codes in two pieces, with a style offset that grows."""
    times = torch.arange(13, dtype=torch.float64)
    styles = {"b4.conv1": times[:, None].float() * torch.ones(1, 5)}
    return fit_trajectory(Latents(swinging(times), styles), options=quick, fingerprint="ab" * 32)
