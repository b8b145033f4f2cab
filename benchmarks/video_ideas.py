"""Ideas of later work, tried on StyleGAN-V and not taken: what `video_table.py` trains beside it.

    python benchmarks/video_ideas.py IDEA train stylegan-v …

runs dynode with one idea put into the networks:

- `shift`: in the discriminator's blocks before the frames are joined an eighth of the channels
  comes from the frame before and an eighth from the one behind (Lin et al. 2019, arXiv:1811.08383).
- `average`: frames are averaged at 16 px, not joined as channels, so that their number is free.
- `spline`: the line between two motion codes becomes a quadratic B-spline over three (Zhang et al.
  2022, arXiv:2212.07413).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from dynode.cli.root import main
from dynode_stylegan_v import discriminator
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.motion import MotionNetwork, checked_times

_SHARE = 8


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


IDEAS = {"shift": _shift, "average": _average, "spline": _spline}


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
    if sys.argv[1:2] and sys.argv[1] not in IDEAS:
        raise SystemExit(f"the idea is {sys.argv[1]!r}; expected one of {', '.join(IDEAS)}")
    with put_in(sys.argv.pop(1)):
        main()
