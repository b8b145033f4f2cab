"""Edit a clip: its first frame is edited, the trajectory carries the edit to the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from dynode.direction.stack import EditStack
from dynode.dynamics.carrying import carry
from dynode.dynamics.modes import Mode
from dynode.generator.protocol import Generator
from dynode.pipeline.clips import ClipResult, FittedClip, frame_times, timed, write_rollout
from dynode.pipeline.edited import EditResult
from dynode.pipeline.faces import Pasting
from dynode.plugins.methods import Progress, silent


@dataclass(frozen=True, eq=False, repr=False)
class ClipEdit(EditResult):
    """An edit of a clip; what an `EditResult` tells is of its first frame.

    Attributes:
        fitted: The clip and its trajectory.
        mode: How the edit is carried to the other frames.
    """

    fitted: FittedClip
    mode: Mode

    def save(self, path: str | Path, *, progress: Progress = silent) -> ClipResult:
        """Carry the edit through the clip and write it with its sound.

        Args:
            path: Video to write; a file of that name is replaced.
            progress: Called with the number of frames drawn.

        Raises:
            MediaError: No video format has this suffix.
        """
        return edit_clip(
            self.fitted,
            self.generator,
            self.stack,
            Path(path),
            mode=self.mode,
            strength=self.strength,
            progress=progress,
        )


def edit_clip(
    fitted: FittedClip,
    generator: Generator,
    stack: EditStack,
    output: Path,
    *,
    mode: Mode = "transport",
    strength: float = 1.0,
    progress: Progress = silent,
) -> ClipResult:
    """Edit the first frame, carry the edit through the clip and write it, with its sound.

    Faces that were cut out of the frames are put back into them.

    Args:
        fitted: The clip.
        generator: What draws.
        stack: The edits, in any space.
        output: Video to write; frame count, rate and audio track are the source's.
        mode: How the edit is carried, see `carry`.
        strength: Multiplies the edits.
        progress: Called with the number of frames drawn.
    """
    first = fitted.trajectory.observed[0]
    with torch.inference_mode():
        edited = stack.apply(first, strength)
    times, shown = frame_times(fitted.clip), None
    if fitted.faces and not fitted.clip.is_regular:  # background and face of one moment
        shown = [fitted.clip.shown_at(float(time)) for time in times]
        times = torch.tensor(fitted.clip.times_s, dtype=torch.float64)[shown]
    with timed(fitted.seconds, "carry"):
        rollout = carry(fitted.trajectory, first, edited, times, mode=mode)
    return write_rollout(
        fitted,
        generator,
        rollout,
        output,
        float(fitted.clip.rate),
        mode,
        pasting=Pasting(fitted.clip, fitted.faces, shown) if fitted.faces else None,
        progress=progress,
    )
