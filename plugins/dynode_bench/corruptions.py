"""Eight ways of spoiling clips, each of one kind and a known size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

Corruption = Callable[[Tensor, torch.Generator], Tensor]

_BLUR_PX = 0.75  # standard deviation: what one sees only when looking for it
_NOISE = 0.1  # standard deviation, of a range of 2
_JITTER_PX = 2
_DRIFT = 0.25  # share by which red grows and blue shrinks over a clip


def blur(clips: Tensor, random: torch.Generator) -> Tensor:
    """Blur every frame by three quarters of a pixel."""
    reach = torch.arange(-3, 4, dtype=clips.dtype)
    weights = torch.exp(-(reach**2) / (2 * _BLUR_PX**2))
    weights = weights / weights.sum()
    frames = functional.pad(clips.flatten(0, 1), (3, 3, 3, 3), mode="replicate")
    frames = functional.conv2d(frames, weights.view(1, 1, 1, -1).repeat(3, 1, 1, 1), groups=3)
    frames = functional.conv2d(frames, weights.view(1, 1, -1, 1).repeat(3, 1, 1, 1), groups=3)
    return frames.view_as(clips)


def noise(clips: Tensor, random: torch.Generator) -> Tensor:
    """Add white noise of a twentieth of the range."""
    return (clips + _NOISE * torch.randn(clips.shape, generator=random)).clamp(-1, 1)


def shuffled(clips: Tensor, random: torch.Generator) -> Tensor:
    """Put the frames of each clip in an order of their own."""
    orders = [torch.randperm(clips.shape[1], generator=random) for _ in clips]
    return torch.stack([clip[order] for clip, order in zip(clips, orders, strict=True)])


def frozen(clips: Tensor, random: torch.Generator) -> Tensor:
    """Show the first frame all along."""
    return clips[:, :1].expand_as(clips).clone()


def backwards(clips: Tensor, random: torch.Generator) -> Tensor:
    """Show the last frame first."""
    return clips.flip(1)


def jitter(clips: Tensor, random: torch.Generator) -> Tensor:
    """Move every frame by up to two pixels each way."""
    reach = _JITTER_PX
    padded = functional.pad(clips.flatten(0, 1), (reach,) * 4, mode="replicate")
    shifts = torch.randint(0, 2 * reach + 1, (len(padded), 2), generator=random).tolist()
    height, width = clips.shape[-2:]
    moved = [
        frame[:, y : y + height, x : x + width]
        for frame, (x, y) in zip(padded, shifts, strict=True)
    ]
    return torch.stack(moved).view_as(clips)


def swapped(clips: Tensor, random: torch.Generator) -> Tensor:
    """Show somebody else in the second half of every clip."""
    half = clips.shape[1] // 2
    return torch.cat([clips[:, :half], clips.roll(1, 0)[:, half:]], dim=1)


def drifting(clips: Tensor, random: torch.Generator) -> Tensor:
    """Let red grow and blue shrink by a quarter over a clip."""
    share = torch.linspace(0, _DRIFT, clips.shape[1])
    gains = torch.stack([1 + share, torch.ones_like(share), 1 - share], dim=1)
    return ((clips + 1) * gains[None, :, :, None, None] - 1).clamp(-1, 1)


CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {
        "light blur": blur,
        "noise": noise,
        "shuffled frames": shuffled,
        "frozen": frozen,
        "reversed": backwards,
        "jitter": jitter,
        "identity swap": swapped,
        "colour drift": drifting,
    }
)
