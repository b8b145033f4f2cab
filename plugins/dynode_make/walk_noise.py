"""The noise that a walk draws with, where it is not the stored one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator import Generator, StoresNoise
from dynode.training import generator_at

_TURN_S = 4.0
_NOISE = 71


@dataclass(frozen=True)
class NoNoise:
    """No noise at all."""

    key: str = "none"

    def at(self, begin: int, end: int) -> str:
        """See `FrameNoise.at`."""
        return "none"


@dataclass(frozen=True, eq=False)
class LoopingNoise:
    """Noise that turns from the stored one through another and back, as strong at every frame.

    Attributes:
        stored: Noise of every convolution, broadcastable to (1, 1, h, w).
        other: As much fresh normal noise.
        frames: Frames of the clip; the one after the last has the noise of the first.
        turns: How often it comes back in the clip.
        key: What tells it from others, beside the generator.
    """

    stored: Sequence[Tensor]
    other: Sequence[Tensor]
    frames: int
    turns: int
    key: str

    def at(self, begin: int, end: int) -> list[Tensor]:
        """Return the noise of some of the frames: (n, 1, h, w) for every convolution."""
        angle = torch.arange(begin, end, dtype=torch.float64) * (
            2 * math.pi * self.turns / self.frames
        )
        near, far = (part.view(-1, 1, 1, 1) for part in (angle.cos(), angle.sin()))
        return [
            near.to(one) * one.detach() + far.to(one) * two
            for one, two in zip(self.stored, self.other, strict=True)
        ]


def noise_of(
    generator: Generator, kind: str, *, frames: int, fps: float, seed: int
) -> NoNoise | LoopingNoise | None:
    """Prepare the noise of a walk; None for the stored one.

    Args:
        generator: What draws.
        kind: `const`, `loop` or `none`.
        frames: Frames of the clip.
        fps: Frames a second.
        seed: Seed of the noise that it turns through.

    Raises:
        OptionError: The generator has no noise that could turn.
    """
    if kind == "const":
        return None
    if kind == "none":
        return NoNoise()
    stored = generator.stored_noise() if isinstance(generator, StoresNoise) else ()
    if not stored:
        raise OptionError(
            f"--noise loop is for generators with stored noise, and {generator.info.name} has none; leave "
            f"it out"
        )
    turns = max(1, round(frames / fps / _TURN_S))
    other = [
        torch.randn(part.shape, generator=generator_at(seed, _NOISE, index)).to(part)
        for index, part in enumerate(stored)
    ]
    return LoopingNoise(stored, other, frames, turns, f"loop {seed} {turns} of {frames}")
