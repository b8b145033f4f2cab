"""Sweeps over strengths, and clips of a direction: there and back, several pictures side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from dynode.direction.base import Direction
from dynode.errors import OptionError
from dynode.generator.protocol import Generator
from dynode.media.video import write_video
from dynode.pipeline.directions import strip

SECONDS_ONE_WAY = 3.5
_MOST_FRAMES = 2000


def parse_sweep(text: str | None) -> tuple[float, ...]:
    """Read strengths such as `-2:2:9`; none if the text is absent.

    Raises:
        OptionError: It is something else, or asks for too many.
    """
    if text is None:
        return ()
    try:
        low, high, count = text.split(":")
        first, last, number = float(low), float(high), int(count)
    except ValueError:
        first = last = math.nan
    if not (math.isfinite(first) and math.isfinite(last)):
        raise OptionError(f"--sweep is {text!r}; expected LO:HI:N such as -2:2:9")
    if not 2 <= number <= _MOST_FRAMES:
        raise OptionError(f"--sweep asks for {number} pictures; expected 2 to {_MOST_FRAMES}")
    return tuple(first + (last - first) * index / (number - 1) for index in range(number))


def write_sweep(
    direction: Direction,
    generator: Generator,
    strengths: Sequence[float],
    target: Path,
    *,
    count: int = 3,
    seed: int = 0,
    force: bool = False,
) -> int:
    """Write a clip of sampled pictures that are moved through strengths and back.

    Args:
        direction: Any kind.
        generator: What draws.
        strengths: One frame each, and once more on the way back; 3.5 s each way.
        target: The clip.
        count: Pictures side by side.
        seed: Seed of the first.
        force: Accept a direction of another generator of the same shape.

    Returns:
        The number of frames.

    Raises:
        GeneratorMismatchError: The direction belongs to another generator.
        MediaError: The file name is no video's.

    Source:
        The clips of NaviGAN's published code. Deviation: pictures are clamped to what can be shown;
        there, values out of range wrap around.
    """
    drawn = strip(direction, generator, strengths, count=count, seed=seed, force=force)
    rows = drawn.clamp(-1, 1).unflatten(0, (count, -1))
    there = [torch.cat(list(column), dim=2)[None] for column in rows.unbind(1)]
    fps = max(1.0, len(there) / SECONDS_ONE_WAY)
    frames: Iterator[Tensor] = iter([*there, *reversed(there)])
    return write_video(frames, target, fps=fps)
