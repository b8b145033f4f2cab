"""The video networks where no published numbers exist: their invariants, and bad input."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
import torch

from dynode.errors import UsageError
from dynode.generator import redrawing
from dynode.latents import Motion
from dynode_stylegan_v.config import MotionConfig, VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.frames import FrameSampling
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.mocogan import ClipDiscriminator, MoCoGANDiscriminator, mocogan_config
from dynode_stylegan_v.motion import MotionNetwork
from dynode_stylegan_v.synthesis import VideoNetwork

CHANNELS = {4: 16, 8: 16, 16: 16, 32: 8}


def tiny(**changes: Any) -> StyleGANV:
    sizes: dict[str, Any] = {"z_dim": 12, "w_dim": 16, "motion_z_dim": 6, "motion_v_dim": 6}
    shape = VideoConfig(32, CHANNELS, **{**sizes, "kernel": 3, "frequencies": 8, **changes})
    torch.manual_seed(0)
    network = VideoNetwork(shape).eval().requires_grad_(False)
    return StyleGANV(network, name="tiny")


def judge(**changes: Any) -> VideoDiscriminator:
    torch.manual_seed(1)
    return VideoDiscriminator(VideoDiscriminatorConfig(32, CHANNELS, **changes))


@pytest.mark.parametrize("condition", ["concat_const", "concat_w", "sum_w"])
@pytest.mark.parametrize("strategy", ["conv", "autoregressive", "filtered"])
def test_frames_move_and_do_not_depend_on_their_neighbours(condition: str, strategy: str) -> None:
    generator = tiny(condition=condition, strategy=strategy)
    latents, motion = generator.sample(2, seed=0), Motion.draw(2, seed=4)
    times = torch.tensor([0.0, 3.5, 40.25, 300.0], dtype=torch.float64)

    frames = generator.synthesize_frames(latents, generator.motion_codes(motion, times))
    alone = generator.at(motion[1:], times[2:3]).synthesize(latents[1:])

    assert frames.shape == (2, 4, 3, 32, 32)
    torch.testing.assert_close(alone[0], frames[1, 2], atol=1e-4, rtol=1e-4)  # float32 sums
    assert float((frames[0, 0] - frames[0, 3]).abs().max()) > 1e-3


@pytest.mark.parametrize("row", [0, 4, 6])
def test_a_frame_is_drawn_again_from_where_it_differs(row: int) -> None:
    still = tiny().at(Motion.draw(1, seed=4), torch.tensor([3.5]))
    latents, draw = still.sample(1, seed=0), redrawing(still)
    w = latents.w.clone()
    w[:, row:] += 1
    draw.synthesize(latents)

    again = draw.synthesize(latents.with_w(w))

    assert torch.equal(again, still.synthesize(latents.with_w(w)))


def test_sum_w_adds_and_concat_w_widens() -> None:
    added, widened = tiny(condition="sum_w"), tiny(condition="concat_w")
    code = torch.randn(1, 1, 16)
    latents = added.sample(1, seed=0)

    moved = added.synthesize_frames(latents.with_w(latents.w - code), code)

    torch.testing.assert_close(moved[0], added.synthesize_frames(latents, 0 * code)[0])
    assert widened.network.synthesis.layer("b8.torgb").affine.weight.shape[1] == 32
    assert widened.info.w_dim == 16


def test_no_motion_is_a_generator_of_stills() -> None:
    generator = tiny(strategy="none")
    latents = generator.sample(1, seed=0)

    codes = generator.motion_codes(Motion.draw(1, seed=0), torch.arange(3.0))
    frames = generator.synthesize_frames(latents, codes)

    assert generator.motion_width == 0 and codes.shape == (1, 3, 0)
    assert torch.equal(frames[0, 0], frames[0, 2])


def test_gradients_reach_motion_mapping_and_constant() -> None:
    generator = tiny()
    network = generator.network.requires_grad_(True)
    codes = network.motion(torch.tensor([[1.5, 20.0]]), torch.randn(1, 40, 6))

    drawn = generator.synthesize_frames(generator.map(torch.randn(1, 12)), codes)
    drawn.square().sum().backward()

    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_a_hypernetwork_starts_as_the_released_discriminator() -> None:
    plain, hyper = judge(), judge(is_hyper=True)
    hyper.load_state_dict(plain.state_dict(), strict=False)
    frames, times = torch.randn(6, 3, 32, 32), torch.tensor([[0.0, 3, 9], [2, 4, 30]])

    assert torch.equal(hyper(frames, times), plain(frames, times))

    for name, parameter in hyper.modulation.named_parameters():
        torch.nn.init.normal_(parameter, 0, 1 if "b" in name.split(".")[0] else 100)
    assert not torch.allclose(hyper(frames, times), plain(frames, times), atol=1e-3)


def test_every_frame_and_distance_counts() -> None:
    network = judge()
    frames, times = torch.randn(6, 3, 32, 32), torch.tensor([[0.0, 3, 9], [2, 4, 30]])
    swapped = frames.view(2, 3, 3, 32, 32)[:, [1, 0, 2]].flatten(0, 1)

    whole = network(frames, times)

    assert whole.shape == (2,)
    assert not torch.allclose(network(swapped, times), whole)
    assert not torch.allclose(network(frames, times + torch.tensor([0, 0, 1])), whole)
    torch.testing.assert_close(network(frames, times + 7), whole)  # only differences are told


def test_uniform_sampling_tells_one_distance() -> None:
    assert judge(sampling="uniform").condition_width * 2 == judge().condition_width


def test_mocogan_judges_frames_and_clips() -> None:
    shape = VideoDiscriminatorConfig(64, {**CHANNELS, 64: 8}, frames=1, concat_resolution=None)
    network = MoCoGANDiscriminator(shape)

    frames, clips = network(torch.randn(32, 3, 64, 64))

    assert frames.shape == (32,) and clips.shape == (2, 1)
    assert {name.split(".")[0] for name in network.state_dict()} == {"image_discr", "video_discr"}


@pytest.mark.parametrize("resolution, places", [(128, 25), (256, 169)])
def test_clip_logits_have_the_published_places(resolution: int, places: int) -> None:
    with torch.device("meta"):
        network = ClipDiscriminator(resolution, deviation=0)
        found = network(torch.zeros(2, 3, 16, resolution, resolution))

    assert found.shape == (2, places)


@pytest.mark.parametrize("paddings", range(7))
def test_padded_time_needs_fewer_frames(paddings: int) -> None:
    with torch.device("meta"):
        network = ClipDiscriminator(64, paddings=paddings, deviation=0)
        found = network(torch.zeros(1, 3, network.fewest, 64, 64))
        assert found.shape[1] >= 1
        if network.fewest > 1:
            with pytest.raises(UsageError, match="at least"):
                network(torch.zeros(1, 3, network.fewest - 1, 64, 64))


def test_mocogan_takes_a_step_a_frame() -> None:
    shape = mocogan_config(resolution=32, channels=CHANNELS, motion_z_dim=6, motion_v_dim=5)
    motion = MotionNetwork(shape.motion)
    noise = torch.randn(1, 12, 6)

    found = motion(torch.tensor([[0.0, 4.0]]), noise)

    outputs, _ = motion.rnn(noise)
    torch.testing.assert_close(found[0], motion.mapping(outputs[0, [0, 4]]))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"condition": "sum_w", "frequencies": 9}, "sum_w adds motion codes of width 18"),
        ({"condition": "concat"}, "motion enters by 'concat'"),
        ({"strategy": "lstm"}, "motion strategy is 'lstm'"),
        ({"motion_distance": 0}, "distance is 0"),
        ({"min_period": 2000}, "0 < shortest"),
        ({"strategy": "autoregressive", "motion_v_dim": 7}, "make them equal"),
        ({"max_frames": 0}, "0 frames"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_impossible_shapes_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        tiny(**changes)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"concat_resolution": 32}, "joined at 32 px"),
        ({"concat_resolution": None}, "several frames"),
        ({"sampling": "dense"}, "sampling is 'dense'"),
    ],
    ids=["place", "none", "sampling"],
)
def test_impossible_judges_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        judge(**changes)


def test_frames_too_far_apart_are_refused() -> None:
    network = judge(max_frames=64)

    with pytest.raises(UsageError, match="lie 64 apart"):
        network(torch.randn(3, 3, 32, 32), torch.tensor([[0.0, 1, 65]]))


def test_a_clip_shorter_than_the_sampled_frames_is_refused() -> None:
    with pytest.raises(UsageError, match="a clip of 2 frames has no 3 frames"):
        FrameSampling().draw(2, random.Random(0))


def test_one_frame_can_be_sampled() -> None:
    sampling = dataclasses.replace(FrameSampling(), frames=1)

    assert {sampling.draw(3, random.Random(seed))[0] for seed in range(40)} == {0, 1, 2}


def test_negative_times_are_refused() -> None:
    network = MotionNetwork(MotionConfig(z_dim=4, v_dim=4, frequencies=2))

    with pytest.raises(UsageError, match="negative"):
        network(torch.tensor([[-1.0]]), torch.randn(1, 30, 4))


def test_short_noise_is_named() -> None:
    network = MotionNetwork(MotionConfig(z_dim=4, v_dim=4, frequencies=2))

    with pytest.raises(UsageError, match="need 23 of 4"):
        network(torch.tensor([[16.0]]), torch.randn(1, 22, 4))
