"""Small video generators with random weights, for tests and trials."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dynode.generator import Generator
from dynode_stylegan_v.config import MotionConfig, VideoConfig
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.moving import MovingGenerator, MovingNetwork
from dynode_stylegan_v.synthesis import VideoNetwork


def tiny_video_generator(
    resolution: int = 32, *, seed: int = 0, name: str = "tiny-video", **shape: Any
) -> StyleGANV:
    """Make a small video generator whose pictures mean nothing and move.

    Args:
        resolution: Side of the picture in pixels, a power of two.
        seed: Seed of the weights.
        name: Name in its description.
        shape: Fields of `VideoConfig`; they win over the small ones.

    Returns:
        The generator, on the CPU in float32, without gradients to its weights.
    """
    sides = [2**power for power in range(2, resolution.bit_length())]
    small: dict[str, Any] = {
        "channels": dict.fromkeys(sides, 16),
        "z_dim": 12,
        "w_dim": 16,
        "motion_z_dim": 6,
        "motion_v_dim": 6,
        "kernel": 3,
        "frequencies": 8,
    }
    config = VideoConfig(resolution, **{**small, **shape})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = VideoNetwork(config).eval().requires_grad_(False)
        _roughen(network)
        mapped = [network.mapping(torch.randn(256, config.z_dim), _labels(config, 256))]
        network.mapping.w_avg.copy_(mapped[0].mean(0))
    return StyleGANV(network, name=name, domain="noise", licence="Apache-2.0", source="random")


def tiny_moving_generator(still: Generator, *, seed: int = 0, **shape: Any) -> MovingGenerator:
    """Give a generator motion with random weights.

    Args:
        still: The generator.
        seed: Seed of the weights.
        shape: Fields of `MotionConfig`; they win over small ones.
    """
    small: dict[str, Any] = {"z_dim": 6, "v_dim": 6, "kernel": 3, "frequencies": 8}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = MovingNetwork(MotionConfig(**{**small, **shape}), still.info.w_dim)
        nn.init.normal_(network.head.weight, 0, 0.1)
    return MovingGenerator(still, network.eval().requires_grad_(False).to(still.device))


def _roughen(network: VideoNetwork) -> None:
    """Give biases and noise strengths values that are not zero."""
    for name, parameter in network.named_parameters():
        if name.endswith("noise_strength"):
            nn.init.constant_(parameter, 0.1)
        elif name.endswith("bias") and "affine" not in name:
            parameter.add_(0.1 * torch.randn_like(parameter))


def _labels(config: VideoConfig, n: int) -> torch.Tensor | None:
    return torch.eye(config.c_dim)[torch.arange(n) % config.c_dim] if config.c_dim else None
