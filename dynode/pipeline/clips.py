"""Clips: inverted, with a trajectory through their codes, drawn from it and written."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.report import TrajectoryReport, measure
from dynode.dynamics.settings import FitOptions
from dynode.dynamics.trajectory import Rollout, Trajectory
from dynode.errors import MediaError
from dynode.generator.protocol import Generator
from dynode.media.clip import Clip, open_clip
from dynode.media.segments import write_segments
from dynode.media.tracks import Sound
from dynode.media.video import check_video_suffix, warn_of_odd_sides
from dynode.pipeline.choosing import ReadyInverter, ready_inverter
from dynode.pipeline.clip_codes import clip_images, invert_clip
from dynode.pipeline.drawing import Jitter, segments
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.faces import ClipFaces, Pasting, faces_for
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent


@dataclass(frozen=True, eq=False)
class FittedClip:
    """A clip with its trajectory.

    Attributes:
        clip: The video.
        trajectory: Fitted to the codes of its frames; times are seconds.
        report: How good it is.
        seconds: Time spent on each step.
        faces: Where the faces are, if they were cut out.
    """

    clip: Clip
    trajectory: Trajectory
    report: TrajectoryReport
    seconds: dict[str, float]
    faces: ClipFaces | None = None


@dataclass(frozen=True)
class ClipResult(Written):
    """A video that was written.

    Attributes:
        fps: Frames a second.
        report: How good the trajectory is.
        jitter: Mean absolute second difference of neighbouring frames in [-1, 1] pixel units, of the
            `source` clip and of the `result`, both read from their files; lower is steadier.
        evaluations: Calls of the field for this rollout.
        seconds: Time spent on each step.
        mode: How the edit was carried; empty without an edit.
    """

    fps: float
    report: TrajectoryReport
    jitter: Mapping[str, float]
    evaluations: int
    seconds: Mapping[str, float]
    mode: str = ""

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        plain = {name: value for name, value in vars(self).items() if name != "report"}
        return plain | {"path": str(self.path), "trajectory": self.report.document()}


def fit_clip(
    path: Path,
    generator: Generator,
    *,
    inverter: str | ReadyInverter | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    options: FitOptions | None = None,
    faces: FaceSource | None = None,
    check: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> FittedClip:
    """Invert every frame of a clip and fit a trajectory to the codes.

    Args:
        path: The video.
        generator: What draws.
        inverter: Name of the inverter; None for the one of the generator's domain; or one that is ready.
        inverter_options: Options of a named inverter, by name.
        options: Options of the fit.
        faces: Where the faces are; None takes the middle of each frame.
        check: Fit again without every second frame, for the report.
        seed: Seed of everything random.
        progress: Called by each step.

    Raises:
        MediaError: The file is no video, damaged, or of fewer than 2 frames, or a frame has no face.
    """
    ready = inverter
    if not isinstance(ready, ReadyInverter):
        ready = ready_inverter(generator, ready, inverter_options)
    clip = open_clip(path)
    _check_clip(clip)
    seconds: dict[str, float] = {}
    with timed(seconds, "find faces"):
        found = faces_for(clip, generator, faces, ready, progress=progress)
    if found is None:
        del seconds["find faces"]
    with timed(seconds, "invert"):
        latents = invert_clip(
            clip, generator, inverter=ready, seed=seed, faces=found, progress=progress
        )
    with timed(seconds, "fit"):
        trajectory = fit_trajectory(
            latents,
            torch.tensor(clip.times_s, dtype=torch.float64),
            options=options,
            seed=seed,
            fingerprint=generator.info.fingerprint,
            progress=progress,
        )
    with timed(seconds, "check"):
        report = measure(trajectory, fit_s=seconds["fit"], check=check, seed=seed)
    return FittedClip(clip, trajectory, report, seconds, found)


def _check_clip(clip: Clip) -> None:
    if len(clip) < 2:
        raise MediaError(
            f"{clip.path.name} has one frame; a clip needs at least 2: give it as an image instead"
        )
    if not clip.is_regular:
        slowest, fastest = (1 / gap for gap in (max(_gaps(clip)), min(_gaps(clip))))
        warnings.warn(
            f"{clip.path.name} has a variable frame rate, {slowest:.4g} to {fastest:.4g} frames a second; it "
            f"is drawn at even times and written at a constant {float(clip.rate):.4g}, {len(clip)} frames "
            f"for the same {clip.end_s:.4g} s",
            stacklevel=3,
        )


def _gaps(clip: Clip) -> list[float]:
    return [after - before for before, after in itertools.pairwise(clip.times_s)]


def frame_times(clip: Clip) -> Tensor:
    """Return the times of the frames, evenly spaced whatever the clip's own spacing."""
    return torch.linspace(0, clip.times_s[-1], len(clip), dtype=torch.float64)


def write_rollout(
    fitted: FittedClip,
    generator: Generator,
    rollout: Rollout,
    output: Path,
    fps: float,
    mode: str = "",
    *,
    pasting: Pasting | None = None,
    is_held: bool = True,
    progress: Progress = silent,
) -> ClipResult:
    """Draw a rollout and write it with the sound of the clip; see `write_segments`.

    Where `is_held`, the last frame is shown until the clip's last frame ends.
    """
    check_video_suffix(output)
    if pasting is not None:
        warn_of_odd_sides(fitted.clip, output)
    with timed(fitted.seconds, "render"):
        parts = segments(generator, rollout, pasting=pasting, progress=progress)
        count = write_segments(parts, output, fps=fps, sound=Sound.of(fitted.clip, is_held=is_held))
    with timed(fitted.seconds, "check"):
        size = generator.info.resolution
        cropped = fitted.faces if pasting is not None else None
        jitter = {
            "source": Jitter.of(clip_images(fitted.clip, size, fitted.faces)),
            "result": Jitter.of(clip_images(open_clip(output), size, cropped)),
        }
    return ClipResult(
        output,
        count,
        fps,
        fitted.report,
        jitter,
        rollout.evaluations,
        {name: round(value, 3) for name, value in fitted.seconds.items()},
        mode,
    )


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Add the duration of the block to `seconds[name]`."""
    began = time.perf_counter()
    yield
    seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began
