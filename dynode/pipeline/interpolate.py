"""Draw a clip at other times: more frames a second, or any times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode.dynamics.settings import FitOptions
from dynode.errors import OptionError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.media.clip import Clip, open_clip
from dynode.media.display import short
from dynode.pipeline.clips import ClipResult, FittedClip, fit_clip, write_rollout
from dynode.pipeline.codes import read_times
from dynode.pipeline.face_source import FaceSource
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
    return _evenly(fps, clip.times_s[-1])


def _evenly(fps: float, end_s: float) -> tuple[Tensor, float]:
    """Return every k / fps up to the end, in seconds, and the rate as a fraction's value."""
    if not 0 < fps <= 1000:
        raise OptionError(f"--fps is {fps:g}; expected more than 0 and at most 1000")
    exact = Fraction(fps).limit_denominator(1001)
    last = Fraction(end_s).limit_denominator(1_000_000)
    count = int(last * exact + Fraction(1, 1000)) + 1  # the last frame is met despite rounding
    _check_count(count)
    drawn = torch.arange(count, dtype=torch.float64) * exact.denominator / exact.numerator
    return drawn.clamp_max(end_s), float(exact)


def _check_count(count: int) -> None:
    if count > _MOST_FRAMES:
        raise OptionError(f"that makes {count} frames; expected at most {_MOST_FRAMES}")


@dataclass(frozen=True, eq=False, repr=False)
class ClipInterpolation:
    """A clip that is drawn at other times.

    Attributes:
        fitted: The clip and its trajectory.
        generator: What draws.
        times: (n,) seconds to draw at.
        fps: Frames a second that are written.
    """

    fitted: FittedClip
    generator: Generator
    times: Tensor
    fps: float

    def __repr__(self) -> str:
        """Say how many frames there will be, in a line."""
        name = short(self.fitted.clip.path.name)
        return f"ClipInterpolation({name}, {len(self.times)} frames at {self.fps:g} fps)"

    def save(self, path: str | Path, *, progress: Progress = silent) -> ClipResult:
        """Draw it and write it with its sound.

        Faces that were cut out are not put back: there is no background between two frames.

        Args:
            path: Video to write; a file of that name is replaced.
            progress: Called with the number of frames drawn.

        Raises:
            MediaError: No video format has this suffix.
        """
        rollout = self.fitted.trajectory.rollout(self.times)
        even = torch.arange(len(self.times), dtype=torch.float64) / self.fps
        is_on_its_clock = bool(((self.times - even).abs() < 1 / self.fps).all())
        return write_rollout(
            self.fitted,
            self.generator,
            rollout,
            Path(path),
            self.fps,
            is_held=is_on_its_clock,
            progress=progress,
        )


def interpolate(
    clip: str | Path,
    *,
    fps: float | None = None,
    factor: int | None = None,
    times: Tensor | str | Path | None = None,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    inverter: str | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    faces: FaceSource | None = None,
    fit: FitOptions | None = None,
    check: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> ClipInterpolation:
    """Draw a clip at another frame rate, or at any times.

    The frames are inverted, one trajectory is fitted to their codes, and the generator draws it.

    Args:
        clip: The video.
        fps: Frames a second.
        factor: Frames for each interval between two frames.
        times: Seconds, or a file of them, one a line; written at the clip's own rate.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        inverter: Inverter of the frames; None for that of the generator's domain.
        inverter_options: Its options by name.
        faces: Where the faces are; None takes the middle of each frame.
        fit: Options of the trajectory.
        check: Measure frames that are left out, by a second fit.
        seed: Seed of everything random.
        progress: Called by each step.

    Raises:
        OptionError: Not exactly one of `fps`, `factor` and `times` was given, or one is out of range.
        MediaError: The file is no video, damaged, or of fewer than 2 frames, or a frame has no face.
    """
    path = Path(clip)
    when = read_times(Path(times)) if isinstance(times, str | Path) else times
    wanted, rate = wanted_times(open_clip(path), fps=fps, factor=factor, times=when)
    drawing = loaded(generator, device=device)
    fitted = fit_clip(
        path,
        drawing,
        inverter=inverter,
        inverter_options=inverter_options,
        options=fit,
        faces=faces,
        check=check,
        seed=seed,
        progress=progress,
    )
    return ClipInterpolation(fitted, drawing, wanted, rate)
