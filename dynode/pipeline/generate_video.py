"""Draw videos, of seeds or of what was saved, with a generator that has motion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator.loading import loaded_video
from dynode.generator.protocol import Generator
from dynode.generator.video import VideoGenerator, fitted_motion, motion_fingerprint
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.pipeline.frame_files import save_frames
from dynode.pipeline.seeds import parse_seeds
from dynode.pipeline.video_parts import (
    GivenContent,
    GivenMotion,
    content_of_picture,
    drawn_content,
    matched,
    open_content,
    open_motion,
    video_generator,
    video_labels,
    video_times,
)
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent

# Frames whose motion codes are computed at once, and pictures that are drawn at once.
_CODES, _PICTURES = 2048, 8


@dataclass(frozen=True, eq=False)
class GeneratedVideo:
    """Videos, drawn as they are asked for.

    Attributes:
        seeds: Of the videos; none where content and motion were given.
        latents: Their content, one code a video.
        motion: How they move.
        times: (length,) times in the generator's frames, float64.
        fps: Frames a second they are to be shown at.
        generator: What draws them.
        noise: Noise of the layers.
        columns: Videos a row in a grid.
    """

    seeds: tuple[int, ...]
    latents: Latents
    motion: Motion
    times: Tensor
    fps: float
    generator: VideoGenerator
    noise: Literal["const", "random", "none"] = "const"
    columns: int = 1

    def frames(self, *, progress: Progress = silent) -> Iterator[Tensor]:
        """Draw chunk by chunk: (n, frames, 3, h, w) on the CPU, in constant memory.

        Args:
            progress: Called with the number of frames.
        """
        step, done = max(1, _PICTURES // len(self.latents)), 0
        for times in self.times.split(_CODES):
            with torch.inference_mode():
                codes = self.generator.motion_codes(self.motion, times)
                for part in codes.split(step, dim=1):
                    drawn = self.generator.synthesize_frames(self.latents, part, noise=self.noise)
                    done += part.shape[1]
                    progress(done, len(self.times))
                    yield drawn.float().cpu()

    def save(self, path: str | Path, *, progress: Progress = silent) -> Written:
        """Write a video of all of them in a grid, a folder of its frames, or a zip of folders.

        Args:
            path: A video's name; `.zip` for a folder of frames a video, as data sets are laid out;
                without a suffix a folder of frames of the grid. What is there is replaced.
            progress: Called with the number of frames.

        Raises:
            MediaError: No video format has this suffix.
        """
        return save_frames(
            self.frames(progress=progress), Path(path), fps=self.fps, columns=self.columns
        )

    def save_latents(self, path: str | Path) -> None:
        """Write the content as a latents file."""
        self.latents.save(Path(path), fingerprint=self.generator.info.fingerprint)

    def save_motion(self, path: str | Path) -> None:
        """Write the motion as a file that belongs to the generator."""
        maker = motion_fingerprint(self.generator)
        self.motion.save(path, generator=self.generator.info.name, fingerprint=maker)


def generate_video(
    seeds: str | int | Sequence[int] | None = None,
    *,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    length: int | None = None,
    fps: float | None = None,
    grid: tuple[int, int] | None = None,
    truncation: float = 0.7,
    decompose: bool = False,
    class_number: int | str | None = None,
    start: str | Path | None = None,
    content: GivenContent = None,
    motion: GivenMotion = None,
    noise: Literal["const", "random", "none"] = "const",
    progress: Progress = silent,
) -> GeneratedVideo:
    """Prepare videos of some seeds, or of saved codes; they are drawn when they are saved.

    Args:
        seeds: One a video, for what is drawn of content and motion; None for 0 and on, as many as the
            grid holds.
        generator: A loaded generator, or what `load_generator` takes; it must have motion. None for
            the bundled one that has.
        device: Where to compute, for a generator that is not loaded yet.
        length: Frames a video; None for 128, or all of a motion that was found for a clip.
        fps: Frames a second to show; time passes at its own speed, so more frames a second are
            closer to each other. None for the generator's own.
        grid: (rows, columns); None for one row.
        truncation: Truncation ψ of drawn content; motion is never truncated.
        decompose: One motion a row, one content a column; motion is then told of no content.
        class_number: Class of all videos, for a conditional generator, by number or name; None draws
            one a seed. Saved motion has its own.
        start: A picture that is the first frame of every video; only the motion is drawn, or saved.
        content: Saved content, latents or their file: one for all videos, or one for each.
        motion: Saved motion, or its file, likewise.
        noise: The stored noise, fresh noise or none.
        progress: Called while `start` is inverted.

    Raises:
        OptionError: The generator has no motion, or options do not fit together.
        DynodeError: See `load_generator`, `read_codes` and `invert`.
    """
    _refuse_mixtures(seeds, content, motion, start, class_number, decompose=decompose)
    drawing = video_generator(loaded_video(generator, device=device))
    held = None if content is None else open_content(content, drawing)
    moved = None if motion is None else open_motion(motion, drawing)
    saved = [len(part) for part in (held, moved) if part is not None]
    numbers = _numbers(seeds, grid, max(saved, default=1), decompose=decompose, start=start)
    rows, columns = grid or (1, len(numbers))
    contents, motions = _layout(numbers, rows, columns, decompose)
    if moved is None:
        labels = video_labels(drawing, contents, class_number)
        keys = Motion.cat([Motion.draw(1, seed=seed) for seed in motions]).keys
        moved = Motion(keys, labels)
    times, shown = video_times(drawing, moved, length, fps)
    if start is not None:
        held = content_of_picture(drawing, Path(start), moved, progress)
    elif held is None:
        labels = moved.labels
        if labels is not None and len(labels) == 1:
            labels = labels.expand(len(contents), -1)
        held = drawn_content(drawing, contents, labels, truncation)
    latents, moved = matched(held, moved, len(contents))
    if motion is None and not decompose:
        moved = fitted_motion(drawing, moved, latents)
    drawn = () if len(saved) == 2 else tuple(numbers)
    return GeneratedVideo(drawn, latents, moved, times, shown, drawing, noise, columns)


def _refuse_mixtures(
    seeds: object,
    content: object,
    motion: object,
    start: object,
    class_number: object,
    *,
    decompose: bool,
) -> None:
    """Refuse to draw what is given.

    Raises:
        OptionError: Two options give the same thing.
    """
    if content is not None and start is not None:
        raise OptionError("--content-from and --from both give the content; leave one out")
    if decompose and (content is not None or motion is not None):
        raise OptionError(
            "--decompose draws motions and contents of seeds; leave --content-from and --motion-from out"
        )
    if motion is None:
        return
    if class_number is not None:
        raise OptionError(
            "--class is for drawn motion, and --motion-from has its own; leave it out"
        )
    if seeds is not None and (content is not None or start is not None):
        raise OptionError(
            "content and motion are given, and nothing is left for --seeds; leave it out"
        )


def _numbers(
    seeds: str | int | Sequence[int] | None,
    grid: tuple[int, int] | None,
    saved: int,
    *,
    decompose: bool,
    start: object,
) -> list[int]:
    """Choose the seeds, as many as the grid needs, or as there are saved codes."""
    if grid and (min(grid) < 1 or grid[0] * grid[1] > 1024):
        raise OptionError(
            f"a grid of {grid[0]}x{grid[1]} videos; expected such as 5x5, at most 1024"
        )
    if decompose and (grid is None or start is not None):
        raise OptionError(
            "--decompose shows motions by rows and contents by columns; give --grid, such as 4x6, "
            "and leave --from out"
        )
    needed = saved if grid is None else max(grid) if decompose else grid[0] * grid[1]
    if seeds is None:
        return list(range(needed))
    chosen = [seeds] if isinstance(seeds, int) else seeds
    numbers = parse_seeds(chosen) if isinstance(chosen, str) else list(chosen)
    if grid and len(numbers) != needed:
        raise OptionError(
            f"there are {len(numbers)} seeds for a grid that needs {needed}; give as many"
        )
    return numbers


def _layout(
    numbers: list[int], rows: int, columns: int, decompose: bool
) -> tuple[list[int], list[int]]:
    """Say whose content and whose motion each video has, row by row."""
    if not decompose:
        return numbers, numbers
    places = [(row, column) for row in range(rows) for column in range(columns)]
    return [numbers[column] for _, column in places], [numbers[row] for row, _ in places]
