"""Time is continuous and endless: prefixes, chunks, far times, other rates, no repetition."""

from __future__ import annotations

import tracemalloc

import pytest
import torch
from torch import Tensor

from dynode.errors import CorruptCheckpointError, UsageError
from dynode.latents import Motion
from dynode.latents.latents import Latents
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.noise import SeededNoise, noise_of
from dynode_stylegan_v.tiny import tiny_video_generator


@pytest.fixture(scope="module", params=["conv", "autoregressive", "filtered"])
def generator(request: pytest.FixtureRequest) -> StyleGANV:
    return tiny_video_generator(strategy=request.param)


def frames(generator: StyleGANV, times: Tensor, motion: Motion) -> Tensor:
    latents = Latents(generator.sample(1, seed=0).w.expand(len(motion), -1, -1))
    return generator.synthesize_frames(latents, generator.motion_codes(motion, times))


def test_noise_is_a_function_of_seed_video_and_index() -> None:
    every = SeededNoise([(7, 0), (7, 1), (8, 0)]).rows(0, 50, 5)

    assert torch.equal(SeededNoise([(7, 1)]).rows(0, 50, 5)[0], every[1])
    assert torch.equal(SeededNoise([(7, 0)]).rows(31, 4, 5)[0], every[0, 31:35])
    assert torch.equal(SeededNoise([(7, 0)]).rows(49, 2, 5)[0, 0], every[0, 49])
    assert len(torch.unique(every)) == every.numel()


def test_noise_is_standard_normal_and_uncorrelated() -> None:
    rows = SeededNoise([(3, video) for video in range(40)]).rows(0, 500, 8).double()
    n = rows.numel()

    # Five standard errors of each moment.
    assert abs(float(rows.mean())) < 5 / n**0.5
    assert abs(float(rows.square().mean()) - 1) < 5 * (2 / n) ** 0.5
    assert abs(float(rows.pow(4).mean()) - 3) < 5 * (96 / n) ** 0.5
    for first, second in (
        (rows[:, 1:], rows[:, :-1]),
        (rows[1:], rows[:-1]),
        (rows[..., 1:], rows[..., :-1]),
    ):
        assert abs(float((first * second).mean())) < 5 / first.numel() ** 0.5


def test_the_stream_does_not_change() -> None:
    """Philox is frozen; these values are what every later version must draw."""
    found = SeededNoise([(42, 3)]).rows(1_000_000, 1, 3)

    torch.testing.assert_close(found[0, 0], FROZEN, atol=5e-5, rtol=0)  # as they are printed


FROZEN = torch.tensor([1.0182, 0.2145, 0.7479])


def test_a_longer_clip_begins_like_a_shorter_one(generator: StyleGANV) -> None:
    motion, times = Motion.draw(1, seed=5), torch.arange(2000, dtype=torch.float64)

    long = generator.motion_codes(motion, times)
    short = generator.motion_codes(motion, times[:128])

    torch.testing.assert_close(long[:, :128], short, atol=1e-6, rtol=1e-6)  # sums of other lengths


def test_chunks_and_grids_agree(generator: StyleGANV) -> None:
    motion, times = Motion.draw(3, seed=5), torch.arange(60, dtype=torch.float64) + 0.25

    whole = generator.motion_codes(motion, times)
    parts = [generator.motion_codes(motion, part) for part in times.split(17)]
    alone = [generator.motion_codes(motion[i : i + 1], times) for i in range(3)]

    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(torch.cat(alone), whole, atol=1e-6, rtol=1e-6)


def test_rates_agree_where_they_meet(generator: StyleGANV) -> None:
    motion = Motion.draw(1, seed=2)

    slow = frames(generator, torch.arange(24, dtype=torch.float64), motion)
    fast = frames(generator, torch.arange(96, dtype=torch.float64) / 4, motion)

    torch.testing.assert_close(fast[:, ::4], slow, atol=1e-5, rtol=1e-5)


def test_a_clip_drawn_in_parts_does_not_jump_after_a_million_frames() -> None:
    generator = tiny_video_generator(frequencies=64, motion_z_dim=64, motion_v_dim=64, kernel=11)
    motion = Motion.draw(8, seed=5)
    times = 1e6 + torch.arange(40, dtype=torch.float64)

    whole = generator.motion_codes(motion, times)
    parts = [generator.motion_codes(motion[i : i + 1], times[20:23]) for i in range(8)]

    torch.testing.assert_close(torch.cat(parts), whole[:, 20:23], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("start", [3.3, 16.0, 47.995, 5000.5, 1e6 + 0.3], ids=str)
def test_close_frames_differ_in_proportion(start: float) -> None:
    generator, motion = tiny_video_generator(), Motion.draw(1, seed=2)
    steps = torch.tensor([0.0, 0.0025, 0.005, 0.01], dtype=torch.float64)

    codes = generator.motion_codes(motion, start + steps)[0].double()
    sizes = (codes[1:] - codes[0]).norm(dim=1)

    # Half the step, half the difference; a kink at a grid point (47.995 is beside one) changes the
    # slope but not the order. float32 codes carry 1e-7 of noise against differences of 1e-3.
    assert 0.2 < float(sizes[0] / sizes[2]) < 0.35 or start == 47.995
    assert float(sizes[2]) < 0.1
    assert float(sizes.diff().min()) > 0


def test_the_code_at_a_grid_point_is_the_same_from_both_sides(generator: StyleGANV) -> None:
    motion = Motion.draw(1, seed=2)
    times = torch.tensor([48 - 1e-7, 48, 48 + 1e-7], dtype=torch.float64)

    before, there, after = generator.motion_codes(motion, times)[0]

    torch.testing.assert_close(before, there, atol=1e-5, rtol=0)
    torch.testing.assert_close(after, there, atol=1e-5, rtol=0)


def test_far_times_take_no_more_memory() -> None:
    generator, motion = tiny_video_generator(), Motion.draw(1, seed=2)

    def peak(start: float) -> int:
        tracemalloc.start()
        generator.motion_codes(motion, start + torch.arange(8, dtype=torch.float64))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(0)
    assert peak(1e6) < 1.5 * peak(0) + 10_000
    table = generator.network.motion.grid_codes(
        torch.tensor([[0.0, 1e6]]), SeededNoise([(2, 0)])
    )  # two stretches, not the million frames between
    assert table.left.shape == (1, 2, 6)


def autocorrelation(codes: Tensor) -> Tensor:
    """Correlate codes (T, width) with themselves at every lag up to T / 2, cell means removed."""
    codes = (codes - codes.mean(0)) / codes.std(0)
    power = torch.fft.rfft(codes, n=2 * len(codes), dim=0).abs().square()
    lags = torch.fft.irfft(power, dim=0)[: len(codes) // 2].mean(1)
    return lags / lags[0] * len(codes) / (len(codes) - torch.arange(len(lags)))


def test_nothing_repeats_where_a_cyclic_code_does() -> None:
    generator = tiny_video_generator(min_period=16, max_period=64, frequencies=8)
    times = torch.arange(4096, dtype=torch.float64)
    encoder = generator.network.motion.time_encoder
    cyclic = (times[:, None] * encoder.freqs.double()).sin()

    found = generator.motion_codes(Motion.draw(1, seed=9), times)[0].double()

    # Beyond the reach of the convolutions (5 codes) and of a cell, nothing is left but chance.
    assert float(autocorrelation(found)[160:].max()) < 0.3
    assert float(autocorrelation(cyclic)[160:].max()) > 0.5


def test_given_noise_stands_at_the_beginning_and_goes_on() -> None:
    drawn = Motion.draw(2, seed=4)
    given = drawn.with_noise(noise_of(drawn).rows(0, 5, 6) * 0)

    mixed, plain = noise_of(given).rows(0, 12, 6), noise_of(drawn).rows(0, 12, 6)

    assert not mixed[:, :5].any()
    assert torch.equal(mixed[:, 5:], plain[:, 5:])
    assert torch.equal(noise_of(given).rows(3, 4, 6), mixed[:, 3:7])
    assert torch.equal(noise_of(given).rows(8, 2, 6), plain[:, 8:10])


def test_motion_is_saved_beside_the_content(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "motion.safetensors"  # type: ignore[operator]  # a path
    motion = Motion.draw(3, seed=2**40, first=7, labels=torch.eye(3)).with_noise(
        torch.ones(3, 2, 4)
    )

    motion.save(path)
    again = Motion.load(path)

    assert torch.equal(again.keys, motion.keys) and again.keys[2].tolist() == [2**40, 9]
    assert again.labels is not None and torch.equal(again.labels, torch.eye(3))
    assert again.noise is not None and torch.equal(again.noise, torch.ones(3, 2, 4))
    joined = Motion.cat([again[:1], again[1:]])
    assert torch.equal(joined.keys, motion.keys)


def test_other_files_are_no_motion(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "latents.safetensors"  # type: ignore[operator]  # a path
    Latents(torch.zeros(1, 2, 3)).save(path)

    with pytest.raises(CorruptCheckpointError, match="expected motion"):
        Motion.load(path)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seeds_out_of_range_are_refused(seed: int) -> None:
    with pytest.raises(UsageError, match="motion seed"):
        Motion.draw(1, seed=seed)


def test_motions_that_differ_are_not_joined() -> None:
    with pytest.raises(UsageError, match="some motions have labels"):
        Motion.cat([Motion.draw(1, seed=0), Motion.draw(1, seed=0, labels=torch.ones(1, 1))])
