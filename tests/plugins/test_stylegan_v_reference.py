"""StyleGAN-V and MoCoGAN against outputs of the published implementation; tolerances come with them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dynode.latents.latents import Latents
from dynode_stylegan_v.config import MotionConfig, VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.distances import TimeDistances
from dynode_stylegan_v.frames import FrameSampling
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.loading import discriminator_from_published, generator_from_published
from dynode_stylegan_v.mocogan import ClipDiscriminator
from dynode_stylegan_v.motion import MotionNetwork
from dynode_stylegan_v.naming import native_generator
from dynode_stylegan_v.noise import GivenNoise
from dynode_stylegan_v.time_encoder import TimeEncoder, frequencies_between

CaseLoader = Callable[[str], Any]


def tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {key: torch.from_numpy(array) for key, array in arrays.items()}


def agrees(case: Any, name: str, found: Tensor) -> None:
    tolerance = case.case["tolerance"]
    bounds = tolerance.get("per_output", {}).get(name, tolerance)
    wanted = torch.from_numpy(case.outputs[name])
    torch.testing.assert_close(
        found.detach().to(wanted.dtype).reshape(wanted.shape),
        wanted,
        atol=bounds["atol"],
        rtol=bounds["rtol"],
    )


def motion_config(case: Any, c_dim: int = 0) -> MotionConfig:
    config, encoder = case.case["config"], case.case["config"]["time_enc"]
    return MotionConfig(
        strategy=config["gen_strategy"],
        z_dim=config["motion_z_dim"],
        v_dim=config["motion_v_dim"],
        c_dim=c_dim,
        distance=config["motion_z_distance"],
        kernel=config["kernel_size"],
        has_time_encoder=config["fourier"],
        frequencies=encoder["dim"],
        min_period=encoder["min_period_len"],
        max_period=encoder["max_period_len"],
    )


def video_config(case: Any) -> VideoConfig:
    config, cfg = case.case["config"], case.case["config"]["cfg"]
    motion, encoder, sampling = cfg["motion"], cfg["time_enc"], cfg["sampling"]
    base, most = config["channel_base"], config["channel_max"]
    resolutions = [4 << level for level in range(config["img_resolution"].bit_length() - 2)]
    return VideoConfig(
        resolution=config["img_resolution"],
        channels={r: min(base // r, most) for r in resolutions},
        z_dim=cfg["z_dim"],
        w_dim=cfg["w_dim"],
        c_dim=cfg["c_dim"],
        mapping_layers=config["mapping_num_layers"],
        condition=encoder["cond_type"],
        strategy=motion["gen_strategy"],
        motion_z_dim=motion["z_dim"],
        motion_v_dim=motion["v_dim"],
        motion_distance=motion["motion_z_distance"],
        kernel=motion["kernel_size"],
        has_time_encoder=motion["fourier"],
        frequencies=encoder["dim"],
        min_period=encoder["min_period_len"],
        max_period=encoder["max_period_len"],
        max_frames=sampling["max_num_frames"],
        fps=sampling["fps"],
        has_fractional_times=motion["use_fractional_t"],
        has_noise=cfg["use_noise"],
    )


def test_the_time_encoder_equals_the_published_one(reference_case: CaseLoader) -> None:
    case = reference_case("stylegan-v-time-encoder")
    inputs = tensors(case.inputs)
    encoder = TimeEncoder(40, 32, 16, 1024)
    encoder.load_state_dict(tensors(case.states["time_encoder"]))
    t = inputs["t"].double()
    weight = t.remainder(16) / 16

    found = encoder(inputs["u_left"], inputs["u_right"], t - t.remainder(16), weight, distance=16)

    agrees(case, "time_embedding", found)


@pytest.mark.parametrize("kind, shortest", [("default", 16), ("slow", 256)])
def test_frequencies_equal_the_published_ones(
    reference_case: CaseLoader, kind: str, shortest: float
) -> None:
    case = reference_case("stylegan-v-time-encoder")

    freqs, scales = frequencies_between(shortest, 1024, 256)

    agrees(case, f"freqs_{kind}", freqs)
    agrees(case, f"phase_scales_{kind}", scales)


@pytest.mark.parametrize("name", ["stylegan-v-motion", "stylegan-v-motion-lstm"])
def test_motion_codes_equal_the_published_ones(reference_case: CaseLoader, name: str) -> None:
    case = reference_case(name)
    inputs = tensors(case.inputs)
    network = MotionNetwork(motion_config(case))
    state = native_generator(tensors(case.states["motion_encoder"]))
    network.load_state_dict({key.removeprefix("motion."): part for key, part in state.items()})
    frames = case.case["config"]["max_num_frames"]

    for times, ending in ((inputs["t"], ""), (inputs["t_far"], "_far")):
        codes = network.grid_codes(times, GivenNoise(inputs["motion_z"], len(times)))
        length = network.trajectory_length(float(times.max()), max_frames=frames)

        agrees(case, f"u_left{ending}", codes.left)
        agrees(case, f"u_right{ending}", codes.right)
        agrees(case, f"weight{ending}", codes.weight)
        agrees(case, f"motion_v{ending}", network(times, inputs["motion_z"]))
        assert length == tuple(case.outputs[f"trajectory_length{ending}"])


@pytest.mark.parametrize(
    "name",
    ["stylegan-v-generator", "stylegan-v-generator-conditional", "mocogan-sg2-generator"],
)
def test_frames_equal_the_published_ones(reference_case: CaseLoader, name: str) -> None:
    case = reference_case(name)
    inputs = tensors(case.inputs)
    network = generator_from_published(video_config(case), tensors(case.states["generator"]))
    generator, labels = StyleGANV(network, name=name), inputs.get("c")

    codes = network.motion(inputs["t"], inputs["motion_z"], labels)
    plain = generator.map(inputs["z"], c=labels)
    frames = generator.synthesize_frames(plain, codes)
    truncated = generator.map(inputs["z"], c=labels, truncation=0.7)
    cut = generator.map(inputs["z"], c=labels, truncation=0.5, cutoff=3)

    agrees(case, "w", plain.w[:, 0])
    agrees(case, "motion_v", codes)
    agrees(case, "frames", frames)
    halved = generator.synthesize_frames(truncated, codes)
    agrees(case, "frames_truncated", halved[:, ::2, :, ::2, ::2])
    agrees(case, "frames_cutoff", generator.synthesize_frames(cut, codes)[:, 1::2, :, ::2, ::2])
    if "frames_no_noise" in case.outputs:
        bare = generator.synthesize_frames(plain, codes, noise="none")
        agrees(case, "frames_no_noise", bare[:, ::2, :, ::2, ::2])


def test_the_video_discriminator_equals_the_published_one(reference_case: CaseLoader) -> None:
    case = reference_case("stylegan-v-discriminator")
    inputs, config = tensors(case.inputs), case.case["config"]
    shape = VideoDiscriminatorConfig(32, {4: 32, 8: 32, 16: 32, 32: 32})
    judge = discriminator_from_published(shape, tensors(case.states["discriminator"]))
    frames = inputs["frames"].float().requires_grad_()

    logits = judge(frames, inputs["t"])
    (gradient,) = torch.autograd.grad(logits.sum(), frames)
    penalty = gradient.square().sum(dim=(1, 2, 3))

    agrees(case, "logits", logits)
    agrees(case, "logits_fractional", judge(frames, inputs["t_fractional"]))
    agrees(case, "time_embedding", judge.time_encoder(inputs["t"]))
    agrees(case, "time_embedding_fractional", judge.time_encoder(inputs["t_fractional"]))
    agrees(case, "r1_penalty", penalty)
    agrees(case, "r1_loss", config["r1_gamma"] / 2 * penalty.view(4, 3).mean(dim=1))
    agrees(case, "loss_real", F.softplus(-logits))
    agrees(case, "loss_fake", F.softplus(logits))


def test_distances_are_the_published_waves() -> None:
    told = TimeDistances(1000, 5, 2)

    assert told.fourier_coefs.shape == (1, 10)  # the power of two divides, not 1000
    torch.testing.assert_close(told.fourier_coefs[0, 0] * 1024, torch.tensor(torch.pi))


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_the_clip_discriminator_equals_the_published_one(
    reference_case: CaseLoader, mode: str
) -> None:
    case = reference_case("mocogan-sg2-video-discriminator")
    state = tensors(case.states["video_discriminator"])
    judge = ClipDiscriminator(64, deviation=0)
    judge.load_state_dict({key.removeprefix("video_discr."): part for key, part in state.items()})
    judge.train(mode == "train")
    video = tensors(case.inputs)["video"].float()
    video = video.repeat_interleave(4, 3).repeat_interleave(4, 4)

    agrees(case, f"logits_{mode}", judge(video))


SAMPLING = {"total_dists": "distances", "dists_between_frames": "distances"}
LIMITS = {"max_dist": "max_distance", "max_dist_between_frames": "max_distance"}


def strategy(settings: dict[str, Any]) -> FrameSampling:
    names = {"type": "kind", "num_frames_per_video": "frames", **SAMPLING, **LIMITS}
    given = {names[key]: value for key, value in settings.items()}
    listed = given.get("distances")
    return FrameSampling(
        **{"max_distance": None, **given, "distances": None if listed is None else tuple(listed)}
    )


@pytest.mark.parametrize(
    "name",
    [
        "random_L5",
        "random_L12",
        "random_L40",
        "random_pair",
        "random_no_list",
        "uniform_no_list",
        "uniform_list_intended",
    ],
)
def test_sampled_patterns_have_the_published_chances(reference_case: CaseLoader, name: str) -> None:
    case = reference_case("video-frame-sampling")
    pattern = case.case["config"]["patterns"][name]
    wanted = dict(
        zip(
            map(tuple, case.outputs[f"{name}_frames"].tolist()),
            case.outputs[f"{name}_probability"],
            strict=True,
        )
    )
    sampling, rng, draws = strategy(pattern["sampling"]), random.Random(5), 40_000

    found = Counter(tuple(sampling.draw(pattern["total_video_len"], rng)) for _ in range(draws))

    assert set(found) <= set(wanted)
    # Five standard deviations of a count, plus one for the rare.
    for frames, chance in wanted.items():
        assert abs(found[frames] - draws * chance) < 5 * (draws * chance) ** 0.5 + 1


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("is_fractional", [False, True], ids=["integer", "fractional"])
def test_sampled_streams_are_the_published_ones(
    reference_case: CaseLoader, seed: int, is_fractional: bool
) -> None:
    case = reference_case("video-frame-sampling")
    pattern = case.case["config"]["patterns"]["random_L40"]
    sampling, rng = strategy(pattern["sampling"]), random.Random(seed)
    wanted = case.outputs[f"stream_{'fractional_' if is_fractional else ''}seed{seed}"]

    found = [sampling.draw(40, rng, is_fractional=is_fractional) for _ in wanted]

    np.testing.assert_allclose(found, wanted, atol=1e-12, rtol=1e-9)


def default_config(**changes: Any) -> VideoConfig:
    channels = {4 << level: min(16384 // (4 << level), 512) for level in range(7)}
    return VideoConfig(256, channels, **changes)


def test_the_generator_has_the_published_number_of_parameters() -> None:
    from dynode_stylegan_v.loading import meta_network

    network = meta_network(default_config())

    def count(part: Any) -> int:
        return sum(parameter.numel() for parameter in part.parameters())

    assert count(network) == 32_105_941
    assert count(network.mapping) == 525_312
    assert count(network.motion) == 6_292_480
    assert count(network.synthesis) + count(network.motion) == 31_580_629
    assert network.config.num_layers == 14


def test_the_discriminator_has_the_published_number_of_parameters() -> None:
    from dynode_stylegan_v.discriminator import VideoDiscriminator

    with torch.device("meta"):
        judge = VideoDiscriminator(VideoDiscriminatorConfig(256, default_config().channels))

    assert sum(parameter.numel() for parameter in judge.parameters()) == 25_333_568


def test_content_is_latents_of_the_mapping(reference_case: CaseLoader) -> None:
    case = reference_case("stylegan-v-generator")
    network = generator_from_published(video_config(case), tensors(case.states["generator"]))

    sampled = StyleGANV(network, name="x").sample(1, seed=3, truncation=1)

    z = torch.from_numpy(np.random.RandomState(3).randn(1, 64).astype(np.float32))
    torch.testing.assert_close(sampled.w[:, 0], network.mapping(z))
    assert isinstance(sampled, Latents)
