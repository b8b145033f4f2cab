"""Ideas of later work, tried on StyleGAN-V and not taken: what `video_table.py` trains beside it.

    python benchmarks/video_ideas.py IDEA train stylegan-v …

runs dynode with one idea put into the networks:

- `shift`: in the discriminator's blocks before the frames are joined an eighth of the channels
  comes from the frame before and an eighth from the one behind (Lin et al. 2019, arXiv:1811.08383).
- `average`: frames are averaged at 16 px, not joined as channels, so that their number is free.
- `spline`: the line between two motion codes becomes a quadratic B-spline over three (Zhang et al.
  2022, arXiv:2212.07413).
- `filtered`: motion is white noise under low-pass filters of widths spaced geometrically, and two
  layers: no anchors, stationary, endless (Brooks et al. 2022, arXiv:2206.03429).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from dynode.cli.root import main
from dynode_stylegan_v import discriminator
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.motion import MotionNetwork, checked_times
from dynode_stylegan_v.noise import GivenNoise, Noise
from dynode_stylegan_v.time_encoder import PlainLinear

_SHARE, _SPACING, _REACH = 8, 2.0, 3.0


def shifted(x: Tensor, frames: int) -> Tensor:
    """Move an eighth of the channels (n F, c, h, w) a frame forward and another a frame back."""
    held = x.unflatten(0, (-1, frames))
    part = x.shape[1] // _SHARE
    moved = torch.zeros_like(held)
    moved[:, 1:, :part] = held[:, :-1, :part]
    moved[:, :-1, part : 2 * part] = held[:, 1:, part : 2 * part]
    moved[:, :, 2 * part :] = held[:, :, 2 * part :]
    return moved.flatten(0, 1)


def _shift(stack: Callable[..., Any]) -> None:
    whole = VideoDiscriminator.__init__

    def build(self: VideoDiscriminator, config: Any) -> None:
        whole(self, config)
        for resolution in config.resolutions[1:]:
            if resolution > (config.concat_resolution or 0):
                block = self.get_submodule(f"b{resolution}")
                block.conv0.register_forward_pre_hook(
                    lambda _, given: (shifted(given[0], config.frames), *given[1:])
                )

    stack(VideoDiscriminator, "__init__", build)


def _average(stack: Callable[..., Any]) -> None:
    def widths(config: Any) -> dict[int, tuple[int, int, int]]:
        sides = reversed(config.resolutions[1:])
        channels = config.channels
        return {side: (channels[side], channels[side], channels[side // 2]) for side in sides}

    def features(self: VideoDiscriminator, images: Tensor, distances: Any = None) -> Tensor:
        x = images.contiguous(memory_format=torch.channels_last)
        for side in reversed(self.config.resolutions[1:]):
            if side == self.config.concat_resolution:
                x = x.unflatten(0, (-1, self.config.frames)).mean(1)
            x = self.get_submodule(f"b{side}")(x)
        return x

    stack(discriminator, "_widths", widths)
    stack(VideoDiscriminator, "features", features)


def _spline(stack: Callable[..., Any]) -> None:
    plain = MotionNetwork.forward

    def forward(self: MotionNetwork, times: Tensor, noise: Any, c: Any = None) -> Tensor:
        near = self.grid_codes(times, noise, c)
        far = self.grid_codes(checked_times(times) + self.config.distance, noise, c).right
        a = near.weight.to(near.left)[..., None]
        ends = [self.time_encoder.aligners_predictor(u) for u in (near.left, near.right, far)]
        parts = ((1 - a) ** 2 / 2, (1 + 2 * a - 2 * a * a) / 2, a * a / 2)
        smooth = sum(part * end for part, end in zip(parts, ends, strict=True))
        return plain(self, times, noise, c) + (smooth - torch.lerp(*ends[:2], a)).to(self._like)

    stack(MotionNetwork, "forward", forward)


class Filtered(nn.Module):
    """White noise on a fine grid under bells of many widths, unit variance each, and two layers."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.rows = config.z_dim
        self.bounds = math.log2(config.min_period / 4), math.log2(config.max_period / 4)
        self.first = PlainLinear(config.z_dim, 2 * config.z_dim)
        self.last = PlainLinear(2 * config.z_dim, config.width)

    def forward(self, times: Tensor, noise: Noise) -> Tensor:
        """Map times (n, T) in frames to codes (n, T, width)."""
        widths = 2 ** torch.linspace(*self.bounds, self.rows, dtype=torch.float64)
        margin = math.ceil(_REACH * float(widths[-1]) / _SPACING)
        begin, end = int(times.min() // _SPACING), int(times.max() // _SPACING) + 1
        drawn = noise.rows(begin, end - begin + 2 * margin + 1, self.rows).to(self.first.weight)
        places = (torch.arange(begin, begin + drawn.shape[1]) - margin) * _SPACING
        made = []
        for time in times.unbind(1):
            away = (places[None, :, None] - time[:, None, None].double()) / widths
            bell = torch.exp(-away.square() / 2)
            bell = (bell / bell.norm(dim=1, keepdim=True)).to(drawn)
            made.append((bell * drawn).sum(1))
        hidden = nn.functional.leaky_relu(self.first(torch.stack(made, 1)), 0.2)
        codes: Tensor = self.last(hidden * 2**0.5)
        return codes


def _filtered(stack: Callable[..., Any]) -> None:
    whole = MotionNetwork.__init__

    def build(self: MotionNetwork, config: Any) -> None:
        whole(self, config)
        del self.conv, self.time_encoder
        self.filtered = Filtered(config)

    def forward(self: MotionNetwork, times: Tensor, noise: Any, c: Any = None) -> Tensor:
        held = GivenNoise(noise, len(times)) if isinstance(noise, Tensor) else noise
        codes: Tensor = self.filtered(checked_times(times), held)
        return codes

    stack(MotionNetwork, "__init__", build)
    stack(MotionNetwork, "forward", forward)


IDEAS = {"shift": _shift, "average": _average, "spline": _spline, "filtered": _filtered}


@contextmanager
def put_in(idea: str) -> Iterator[None]:
    """Put an idea into the networks; another word changes nothing."""
    patches: list[Any] = []

    def stack(target: object, name: str, value: object) -> None:
        patch = mock.patch.object(target, name, value)
        patch.start()
        patches.append(patch)

    IDEAS.get(idea, lambda _: None)(stack)
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


if __name__ == "__main__":
    with put_in(sys.argv.pop(1)):
        main()
