"""Motion that is drawn clip by clip: smooth, endless, the same in any part, from rest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.interpolate import make_interp_spline
from torch import Tensor

import dynode
from dynode.errors import CorruptCheckpointError, UsageError
from dynode.latents import Motion
from dynode.pipeline.generate_video import generate_video
from dynode.testing import write_tiny_generator
from dynode.weights import open_weights, write_safetensors
from dynode_stylegan_v.clip_motion import ClipMotion, ClipMotionConfig
from dynode_stylegan_v.moving import MovingGenerator, MovingNetwork
from dynode_stylegan_v.moving_file import read_moving, write_moving
from dynode_stylegan_v.noise import SeededNoise
from dynode_stylegan_v.splines import spline_shares, spline_through

CONFIG = ClipMotionConfig(z_dim=3, length=18, coordinates=2, curves=5, hidden=8, kinds=2)
"""A clip begins every 12 frames, and fades over 6."""


def tiny_motion() -> ClipMotion:
    """Random weights; curves that begin at rest."""
    random = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        motion = ClipMotion(CONFIG)
    values = torch.randn(18, 5, 2, generator=random, dtype=torch.float64).cumsum(0)
    motion.curves.copy_(spline_through(values - values[:1]).transpose(0, 1))
    motion.owners.copy_(torch.tensor([0, 0, 0, 1, 1]))
    return motion.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def motion() -> ClipMotion:
    return tiny_motion()


def drawn(motion: ClipMotion, times: Tensor, videos: int = 2) -> Tensor:
    noise = SeededNoise([(7, video) for video in range(videos)])
    codes: Tensor = motion(times.double().expand(videos, -1), noise)
    return codes


def test_splines_are_those_of_another_library() -> None:
    values = np.random.default_rng(0).normal(size=(12, 3))
    at = np.linspace(0, 11, 50)

    coefficients = spline_through(torch.from_numpy(values))
    knot = torch.from_numpy(at).floor().long().clamp(0, 10)
    shares = spline_shares(torch.from_numpy(at) - knot)
    found = (coefficients[knot[:, None] + torch.arange(4)] * shares[..., None]).sum(1)

    # SciPy's default end condition is the same one, "not a knot". Rounding of float64.
    np.testing.assert_allclose(
        found.numpy(), make_interp_spline(np.arange(12), values)(at), atol=1e-9
    )


def test_every_video_begins_at_rest_and_moves(motion: ClipMotion) -> None:
    codes = drawn(motion, torch.tensor([0.0, 8.0]))

    assert float(codes[:, 0].abs().max()) < 1e-5  # curves are kept in float32
    assert float(codes[:, 1].abs().min()) > 1e-2
    assert float((codes[0, 1] - codes[1, 1]).abs().max()) > 1e-2


def test_a_longer_video_begins_like_a_shorter_one_and_parts_agree(motion: ClipMotion) -> None:
    times = torch.arange(0, 100, 0.25)

    whole = drawn(motion, times)
    parts = torch.cat([drawn(motion, part) for part in times.split(37)], dim=1)

    # Computed in float64, given in float32.
    torch.testing.assert_close(parts, whole, atol=1e-6, rtol=1e-6)


def test_it_is_smooth_where_a_clip_passes_into_the_next(motion: ClipMotion) -> None:
    step = 1e-2
    times = torch.arange(11, 19, step)

    codes = drawn(motion, times).double()

    speed = codes.diff(dim=1) / step
    bend = speed.diff(dim=1) / step
    # Differences of a curve with two continuous derivatives shrink with the step; a jump of its
    # value or speed would show as 1 / step and 1 / step^2.
    assert float(speed.abs().max()) < 20
    assert float(speed.diff(dim=1).abs().max()) < 20 * step * 5
    assert float(bend[:, 10:-10].abs().max()) < 100


def test_clips_are_independent_and_nothing_repeats(motion: ClipMotion) -> None:
    times = torch.arange(8, 8 + 12 * 40, 12)

    codes = drawn(motion, times, videos=1)[0]

    assert len(torch.unique((codes * 1e4).round(), dim=0)) == len(codes)


def test_far_times_cost_no_memory(motion: ClipMotion) -> None:
    far = drawn(motion, torch.tensor([3.0, 1e9 + 0.5]))

    assert bool(far.isfinite().all()) and far.shape == (2, 2, 2)


def test_a_straight_velocity_carries_noise_there(motion: ClipMotion) -> None:
    """With v(x, s) = a constant c, the flow is x + c, exactly, in any number of steps."""
    moved = tiny_motion()
    for layer in moved.velocity.layers.layers:
        layer.weight.zero_()  # type: ignore[operator, union-attr]
        layer.bias.zero_()  # type: ignore[operator, union-attr]
    last = moved.velocity.layers.layers[-1]
    last.bias.copy_(torch.tensor([1.0, -2.0, 0.5]))  # type: ignore[operator, union-attr]
    noise = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    torch.testing.assert_close(
        moved.flow(noise, torch.zeros(4, CONFIG.condition).double()),
        noise + torch.tensor([1.0, -2.0, 0.5]),
        atol=1e-12,
        rtol=0,
    )


def test_kinds_are_drawn_as_often_as_they_were_seen() -> None:
    """Clips of kind 0 move the first coordinate; those of kind 1 have size 0."""
    motion = tiny_motion()
    motion.shares.copy_(torch.tensor([0.2, 0.8]))
    motion.curves[:3, :, 1] = 0
    motion.sizes.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))

    codes = drawn(motion, torch.arange(8) * 12.0 + 8, videos=400)

    moves = codes.abs() > 1e-6
    assert not bool(moves[..., 1].any())  # of size 0
    # 0.2, and five deviations of a share of 3200.
    share = moves[..., 0].float().mean()
    assert abs(float(share) - 0.2) < 5 * (0.2 * 0.8 / 3200) ** 0.5


def test_the_kind_is_chosen_by_where_the_content_rests() -> None:
    """Kind 1, of size 0, is expected where the first coordinate is negative, and kind 0 elsewhere."""
    motion = tiny_motion()
    first, last = motion.chooser.layers
    first.weight.zero_(), first.bias.zero_(), last.weight.zero_(), last.bias.zero_()  # type: ignore[operator, union-attr]
    first.weight[0, 0] = 1000.0  # type: ignore[index, operator]
    last.weight[:, 0] = torch.tensor([1.0, 0.0])  # type: ignore[index, operator]
    last.bias.copy_(torch.tensor([0.0, 50.0]))  # type: ignore[operator, union-attr]
    motion.sizes.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    noise = SeededNoise([(7, video) for video in range(6)])
    times = torch.tensor([8.0, 200.0]).double().expand(6, -1)
    rest = torch.tensor([[-2.0, 1], [3, 1], [-1, -3], [2, 2], [-2, 5], [1, -1]])

    codes = motion(times, noise, rest)

    assert torch.equal((codes.abs() > 1e-6).all(2).all(1), rest[:, 0] > 0)
    assert not bool((codes.abs() > 1e-6).any(2)[rest[:, 0] < 0].any())


def test_what_is_told_of_the_content_has_to_fit(motion: ClipMotion) -> None:
    with pytest.raises(UsageError, match=r"was told \(2, 3\) of its content; expected \(2, 2\)"):
        motion(torch.zeros(2, 1), SeededNoise([(7, 0), (7, 1)]), torch.zeros(2, 3))


@pytest.mark.parametrize("time", [-1.0, float("nan")])
def test_times_that_are_none_are_refused(motion: ClipMotion, time: float) -> None:
    with pytest.raises(UsageError, match="negative or not finite"):
        drawn(motion, torch.tensor([time]))


@pytest.fixture
def moving(tmp_path: Path) -> MovingGenerator:
    still = dynode.load_generator(write_tiny_generator(tmp_path / "tiny.safetensors"))
    network = MovingNetwork(CONFIG, still.info.w_dim)
    network.motion = tiny_motion()
    torch.nn.init.normal_(network.head.weight, generator=torch.Generator().manual_seed(2))
    return MovingGenerator(still, network.eval().requires_grad_(False))


def test_it_is_written_and_read(moving: MovingGenerator, tmp_path: Path) -> None:
    write_moving(moving, tmp_path / "motion.safetensors")
    again = read_moving(tmp_path / "motion.safetensors")

    motion, times = Motion.draw(2, seed=3), torch.tensor([2.5, 13.0])
    codes = moving.motion_codes(motion, times)
    latents = moving.sample(2, seed=0)
    assert torch.equal(again.motion_codes(motion, times), codes)
    assert torch.equal(
        again.synthesize_frames(latents, codes), moving.synthesize_frames(latents, codes)
    )


def test_drawn_motion_is_told_of_its_content_and_saved_motion_stays(
    moving: MovingGenerator, tmp_path: Path
) -> None:
    made = generate_video("0-1", generator=moving, length=3)

    # The head of random weights has full rank: the coordinates give its part of the code again.
    assert made.motion.rest is not None
    head, w = moving.mover.head.weight, made.latents.w.mean(1)
    inside = head @ torch.linalg.pinv(head) @ w.T
    torch.testing.assert_close(head @ made.motion.rest.T, inside, atol=1e-4, rtol=1e-4)
    codes = moving.motion_codes(made.motion, made.times)
    assert not torch.equal(moving.motion_codes(Motion(made.motion.keys), made.times), codes)
    made.save_motion(tmp_path / "motion.safetensors")
    again = generate_video(
        generator=moving,
        content=made.latents[[1, 0]],
        motion=tmp_path / "motion.safetensors",
        length=3,
    )
    assert torch.equal(moving.motion_codes(again.motion, again.times), codes)
    swapped = Motion.cat([again.motion[[1]], again.motion[[0]]])
    assert torch.equal(moving.motion_codes(swapped, again.times), codes.flip(0))


def test_one_motion_of_many_contents_is_told_of_none(moving: MovingGenerator) -> None:
    made = generate_video("0-1", generator=moving, length=2, grid=(2, 2), decompose=True)

    assert made.motion.rest is None


@pytest.mark.parametrize(
    "change",
    [{"length": 3}, {"z_dim": 1.5}, {"curves": 2**21}, {"kinds": 0}, {"unknown": 1}],
    ids=str,
)
def test_a_description_that_is_none_is_refused(
    moving: MovingGenerator, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "motion.safetensors"
    write_moving(moving, path)
    with open_weights(path) as weights:
        facts = dict(weights.metadata)
    facts["config"] = json.dumps({**json.loads(facts["config"]), **change})
    write_safetensors({"nothing": torch.zeros(1)}, path, facts)

    with pytest.raises(CorruptCheckpointError, match="describes no motion"):
        read_moving(path)


def test_motion_of_before_there_were_kinds_is_refused(
    moving: MovingGenerator, tmp_path: Path
) -> None:
    path = tmp_path / "motion.safetensors"
    write_moving(moving, path)
    with open_weights(path) as weights:
        facts = dict(weights.metadata)
    config = json.loads(facts["config"])
    del config["kinds"]
    write_safetensors({"nothing": torch.zeros(1)}, path, {**facts, "config": json.dumps(config)})

    with pytest.raises(CorruptCheckpointError, match="of an earlier dynode, before kinds; train"):
        read_moving(path)
