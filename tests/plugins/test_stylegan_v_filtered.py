"""Motion from filtered noise: stationary, smooth, local, and the same however it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dynode.errors import OptionError, UnsupportedCheckpointError
from dynode_stylegan_v.config import MotionConfig
from dynode_stylegan_v.filtered import FilteredNoise
from dynode_stylegan_v.noise import SeededNoise
from dynode_stylegan_v.published_writer import write_published
from dynode_stylegan_v.tiny import tiny_video_generator
from dynode_stylegan_v.video_options import VideoTrainingOptions

pytestmark = pytest.mark.installed_plugins

CONFIG = MotionConfig(
    strategy="filtered", z_dim=6, v_dim=4, frequencies=3, min_period=16, max_period=128
)
NOISE = SeededNoise([(5, video) for video in range(400)])


@pytest.fixture
def filters() -> FilteredNoise:
    torch.manual_seed(0)
    return FilteredNoise(CONFIG).double()


def test_every_channel_has_variance_one_at_all_times(filters: FilteredNoise) -> None:
    times = torch.tensor([0.0, 3.7, 40.0, 1e6]).double().expand(400, -1)

    found = filters.filtered(times, NOISE)

    # A variance of n normal values deviates by sqrt(2 / n); five of these.
    n = found.shape[0]
    assert float((found.square().mean(0) - 1).abs().max()) < 5 * (2 / n) ** 0.5


def test_slow_channels_change_as_slowly_as_their_filters(filters: FilteredNoise) -> None:
    times = torch.arange(0, 64, 0.5).double().expand(400, -1)

    speed = filters.filtered(times, NOISE).diff(dim=1).square().mean((0, 1)).sqrt()

    # Reaches are spaced geometrically from 12 to 96 frames, and speed is inverse to reach.
    torch.testing.assert_close(
        speed[:-1] / speed[1:], torch.full((5,), 8 ** (1 / 5)).double(), rtol=0.1, atol=0
    )


def test_time_passes_without_a_kink(filters: FilteredNoise) -> None:
    """Bells have two derivatives, so second differences shrink with the square of the step."""
    bends = []
    for step, count in ((0.2, 400), (0.1, 800)):
        times = (20 + step * torch.arange(count)).double()[None]
        codes = filters(times, SeededNoise([(5, 0)])).detach()
        bends.append(float(codes.diff(n=2, dim=1).abs().max()))

    assert 3.5 < bends[0] / bends[1] < 4.5


def test_times_together_and_alone_are_the_same(filters: FilteredNoise) -> None:
    times = torch.tensor([[2.0, 77.25, 5e5, 1e6]]).double()
    noise = SeededNoise([(9, 1)])

    together = filters(times, noise)

    alone = torch.cat([filters(times[:, at : at + 1], noise) for at in range(4)], 1)
    # Sums of some hundred rows in another order, in float64.
    torch.testing.assert_close(together, alone, atol=1e-12, rtol=0)


def test_the_published_layout_has_no_place_for_it(tmp_path: Path) -> None:
    generator = tiny_video_generator(condition="sum_w", strategy="filtered")

    with pytest.raises(UnsupportedCheckpointError, match="filtered motion"):
        write_published(generator.network, tmp_path / "x.pkl")


def test_what_has_no_meaning_with_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--kernel does not apply to --strategy filtered"):
        VideoTrainingOptions(strategy="filtered", kernel=5)
    with pytest.raises(OptionError, match="--labels does not apply to --strategy filtered"):
        VideoTrainingOptions(strategy="filtered", labels="folders")
