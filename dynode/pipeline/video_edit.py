"""Edit what a video generator draws: content is edited once, and its motion carries it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode.generator.loading import loaded_video
from dynode.generator.protocol import Generator
from dynode.generator.video import VideoGenerator
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.pipeline.edited import EditResult
from dynode.pipeline.generate_video import GeneratedVideo
from dynode.pipeline.video_parts import matched, open_motion, video_generator, video_times
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent


@dataclass(frozen=True, eq=False, repr=False)
class VideoEdit(EditResult):
    """An edit of drawn clips; what an `EditResult` tells is of their first frames.

    Attributes:
        motion: How the contents move, before and after.
        drawing: What draws the clips.
        times: (length,) times in the generator's frames, float64.
        fps: Frames a second.
    """

    motion: Motion
    drawing: VideoGenerator
    times: Tensor
    fps: float

    def video(self, latents: Latents, *, columns: int = 1) -> GeneratedVideo:
        """Prepare clips of this motion, such as of `latents` or `original`.

        Args:
            latents: Contents: one, or one for each motion.
            columns: Clips a row.
        """
        latents, motion = matched(latents, self.motion)
        return GeneratedVideo(
            (), latents, motion, self.times, self.fps, self.drawing, columns=columns
        )

    def save(self, path: str | Path, *, progress: Progress = silent) -> Written:
        """Write each clip before and after, side by side, see `GeneratedVideo.save`.

        Args:
            path: A video, a folder of frames or a `.zip`.
            progress: Called with the number of frames drawn.

        Raises:
            MediaError: No video format has this suffix.
        """
        count = len(self.original)
        rows = torch.arange(2 * count).view(2, count).T.flatten()  # before, after, before …
        both = Latents.cat([self.original, self.latents])[rows]
        twice = self.motion[torch.arange(count).repeat_interleave(2)]
        made = GeneratedVideo((), both, twice, self.times, self.fps, self.drawing, columns=2)
        return made.save(path, progress=progress)

    def save_edited(self, path: str | Path, *, progress: Progress = silent) -> Written:
        """Write the edited clips alone, one below the other."""
        return self.video(self.latents).save(path, progress=progress)


@dataclass(frozen=True)
class Moving:
    """A video generator and the motion of what it is to draw.

    Attributes:
        generator: What draws the clips.
        motion: Saved motion: one for all, or one for each content.
        length: Frames; None for 128, or all of a motion that has an end.
        fps: Frames a second to show; None for the generator's own.
    """

    generator: VideoGenerator
    motion: Motion
    length: int | None
    fps: float | None

    @staticmethod
    def open(
        generator: Generator | str | Path | None,
        motion: Motion | str | Path,
        length: int | None,
        fps: float | None,
        device: str | None,
    ) -> Moving:
        """Load both.

        Raises:
            DynodeError: The generator has no motion, or the motion is of another or shorter.
        """
        drawing = video_generator(loaded_video(generator, device=device), "--motion-from")
        moved = open_motion(motion, drawing)
        video_times(drawing, moved, length, fps)
        return Moving(drawing, moved, length, fps)

    def still(self) -> Generator:
        """Return what draws the first frame of the first motion: what methods and scorers see."""
        return self.generator.at(self.motion[:1], torch.zeros(1, dtype=torch.float64))

    def edited(self, result: EditResult) -> VideoEdit:
        """Set an edit of first frames in motion."""
        times, fps = video_times(self.generator, self.motion, self.length, self.fps)
        _, motion = matched(result.latents, self.motion, len(result.latents))
        parts = {"motion": motion, "drawing": self.generator, "times": times, "fps": fps}
        return VideoEdit(**vars(result), **parts)  # type: ignore[arg-type]  # by name
