"""Draw a clip at other times: more frames a second, or any times."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator.protocol import Generator
from dynode.media.clip import Clip
from dynode.pipeline.video import ClipResult, FittedClip, write_rollout
from dynode.plugins.methods import Progress, silent

_MOST_FRAMES = 1_000_000


def wanted_times(
    clip: Clip,
    *,
    fps: float | None = None,
    factor: int | None = None,
    times: Tensor | None = None,
) -> tuple[Tensor, float]:
    """Return the times to draw at, in seconds, and the frames a second to write.

    Args:
        clip: The video; it lasts from its first to its last frame.
        fps: Frames a second: every k / fps that lies in the clip.
        factor: Frames for each interval between two frames: (n - 1) * factor + 1 in all.
        times: Any times; written at the clip's own rate.

    Raises:
        OptionError: Not exactly one of them was given, or it is out of range.
    """
    given = [value is not None for value in (fps, factor, times)]
    if sum(given) != 1:
        raise OptionError("give one of --fps, --factor and --times, for example --factor 2")
    rate = float(clip.rate)
    if times is not None:
        if not len(times) or not bool(torch.isfinite(times).all()):
            raise OptionError(
                "--times holds no times; expected one finite number a line, in seconds"
            )
        return times, rate
    if factor is not None:
        if factor < 1:
            raise OptionError(f"--factor is {factor}; expected a whole number of at least 1")
        count, target = (len(clip) - 1) * factor + 1, rate * factor
        _check_count(count)
        return torch.linspace(0, clip.times_s[-1], count, dtype=torch.float64), target
    assert fps is not None
    if not 0 < fps <= 1000:
        raise OptionError(f"--fps is {fps:g}; expected more than 0 and at most 1000")
    exact = Fraction(fps).limit_denominator(1001)
    last = Fraction(clip.times_s[-1]).limit_denominator(1_000_000)
    count = int(last * exact + Fraction(1, 1000)) + 1  # the last frame is met despite rounding
    _check_count(count)
    drawn = torch.arange(count, dtype=torch.float64) * exact.denominator / exact.numerator
    return drawn.clamp_max(clip.times_s[-1]), float(exact)


def _check_count(count: int) -> None:
    if count > _MOST_FRAMES:
        raise OptionError(f"that makes {count} frames; expected at most {_MOST_FRAMES}")


def interpolate_clip(
    fitted: FittedClip,
    generator: Generator,
    output: Path,
    *,
    fps: float | None = None,
    factor: int | None = None,
    times: Tensor | None = None,
    progress: Progress = silent,
) -> ClipResult:
    """Draw a fitted clip at other times and write it with its sound; see `wanted_times`.

    Faces that were cut out are not put back: there is no background between two frames.
    """
    when, rate = wanted_times(fitted.clip, fps=fps, factor=factor, times=times)
    rollout = fitted.trajectory.rollout(when)
    return write_rollout(fitted, generator, rollout, output, rate, progress=progress)
