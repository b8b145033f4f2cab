"""Which segments of a clip are taken for the same."""

from __future__ import annotations

import pytest
import torch

from dynode import LowRankOffset, Trajectory, fit_trajectory
from dynode.dynamics.settings import FitOptions
from dynode.pipeline.drawing import Jitter, segments
from dynode.testing import tiny_generator


def trajectory_with(offset: LowRankOffset | None) -> Trajectory:
    latents = tiny_generator(16).sample(3, seed=0)
    if offset is not None:
        latents = latents.add_weights(offset)
    return fit_trajectory(
        latents, torch.arange(3.0), options=FitOptions(steps=2, shooting=0), seed=0
    )


def low_rank(factor: float) -> LowRankOffset:
    shape = tiny_generator(16).info.conv_layers["b8.conv1"]
    drawn = torch.Generator().manual_seed(0)
    down = torch.randn(2, *shape[1:], generator=drawn)
    up = torch.randn(shape[0], 2, generator=drawn) * factor
    return LowRankOffset("b8.conv1", down, up, torch.ones(3, 1))


def keys_of(offset: LowRankOffset | None) -> list[str]:
    rollout = trajectory_with(offset).rollout(torch.arange(3.0))
    return [segment.key for segment in segments(tiny_generator(16), rollout)]


def test_equal_factors_are_equal_segments_and_others_are_not() -> None:
    assert keys_of(low_rank(1.0)) == keys_of(low_rank(1.0))
    assert keys_of(low_rank(1.0)) != keys_of(low_rank(2.0)) != keys_of(None)


def test_a_segment_is_known_without_forming_dense_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    def formed(self: LowRankOffset) -> torch.Tensor:
        raise AssertionError("the product of the factors was formed")

    monkeypatch.setattr(LowRankOffset, "basis", property(formed))

    assert len(keys_of(low_rank(1.0))) == 1


def test_jitter_is_the_mean_second_difference() -> None:
    frames = torch.tensor([0.0, 0.5, 0.25]).reshape(3, 1, 1, 1).expand(3, 3, 2, 2)

    assert Jitter.of([frames]) == pytest.approx(abs(0.0 - 2 * 0.5 + 0.25))
