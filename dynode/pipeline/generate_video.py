"""Draw videos of seeds with a generator that has motion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator.classes import class_of
from dynode.generator.loading import load_video_default, loaded
from dynode.generator.population import draw_labels, draw_z
from dynode.generator.protocol import Generator
from dynode.generator.video import VideoGenerator
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.pipeline.frame_files import save_frames
from dynode.pipeline.seeds import parse_seeds
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent

# Frames whose motion codes are computed at once, and pictures that are drawn at once.
_CODES, _PICTURES = 2048, 8


@dataclass(frozen=True, eq=False)
class GeneratedVideo:
    """Videos of seeds, drawn as they are asked for.

    Attributes:
        seeds: Of the videos.
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


def generate_video(
    seeds: str | int | Sequence[int] | None = None,
    *,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    length: int = 128,
    fps: float | None = None,
    grid: tuple[int, int] | None = None,
    truncation: float = 0.7,
    decompose: bool = False,
    class_number: int | str | None = None,
    start: str | Path | None = None,
    noise: Literal["const", "random", "none"] = "const",
    progress: Progress = silent,
) -> GeneratedVideo:
    """Prepare videos of some seeds; they are drawn when they are saved.

    Args:
        seeds: One a video, for content and motion; None for 0 and on, as many as the grid holds.
        generator: A loaded generator, or what `load_generator` takes; it must have motion. None for
            the bundled one that has.
        device: Where to compute, for a generator that is not loaded yet.
        length: Frames a video.
        fps: Frames a second to show; time passes at its own speed, so more frames a second are
            closer to each other. None for the generator's own.
        grid: (rows, columns); None for one row.
        truncation: Truncation ψ of the content; motion is never truncated.
        decompose: One motion a row, one content a column.
        class_number: Class of all videos, for a conditional generator, by number or name; None draws
            one a seed.
        start: A picture that is the first frame of every video; only the motion is drawn.
        noise: The stored noise, fresh noise or none.
        progress: Called while `start` is inverted.

    Raises:
        OptionError: The generator has no motion, or options do not fit together.
        DynodeError: See `load_generator` and `invert`.
    """
    named = load_video_default(device=device) if generator is None else generator
    drawing = video_generator(loaded(named, device=device))
    if length < 1 or (fps is not None and not 0 < fps < float("inf")):
        raise OptionError(f"a video of {length} frames at {fps} a second; expected both above 0")
    numbers = _numbers(seeds, grid, decompose=decompose, has_start=start is not None)
    rows, columns = grid or (1, len(numbers))
    contents, motions = _layout(numbers, rows, columns, decompose)
    labels = _labels(drawing, contents, class_number)
    motion = Motion.cat([Motion.draw(1, seed=seed) for seed in motions])
    motion = Motion(motion.keys, labels)
    if start is None:
        latents = _drawn(drawing, contents, labels, truncation)
    else:
        latents = _from_picture(drawing, Path(start), motion, progress)
    shown = drawing.fps if fps is None else fps
    times = torch.arange(length, dtype=torch.float64) * (drawing.fps / shown)
    return GeneratedVideo(tuple(numbers), latents, motion, times, shown, drawing, noise, columns)


def video_generator(generator: Generator) -> VideoGenerator:
    """Return a generator that has motion.

    Raises:
        OptionError: It has none.
    """
    if isinstance(generator, VideoGenerator) and generator.motion_width:
        return generator
    raise OptionError(
        f"{generator.info.name} draws stills: it has no motion, which --video needs; name a video "
        "generator with --generator, such as a snapshot of StyleGAN-V, or leave --video out"
    )


def _numbers(
    seeds: str | int | Sequence[int] | None,
    grid: tuple[int, int] | None,
    *,
    decompose: bool,
    has_start: bool,
) -> list[int]:
    """Choose the seeds, as many as the grid needs."""
    if grid and (min(grid) < 1 or grid[0] * grid[1] > 1024):
        raise OptionError(
            f"a grid of {grid[0]}x{grid[1]} videos; expected such as 5x5, at most 1024"
        )
    if decompose and (grid is None or has_start):
        raise OptionError(
            "--decompose shows motions by rows and contents by columns; give --grid, such as 4x6, "
            "and leave --from out"
        )
    needed = 1 if grid is None else max(grid) if decompose else grid[0] * grid[1]
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


def _labels(
    generator: VideoGenerator, contents: list[int], wanted: int | str | None
) -> Tensor | None:
    info = generator.info
    class_number = None if wanted is None else class_of(info, wanted)
    if wanted is not None and class_number is None:
        known = f"classes 0 to {info.c_dim - 1}" if info.c_dim else "no classes"
        raise OptionError(f"--class is {wanted}; {info.name} has {known}")
    if not info.c_dim:
        return None
    if class_number is not None:
        return torch.eye(info.c_dim)[[class_number] * len(contents)]
    drawn = [draw_labels(info, 1, seed=seed) for seed in contents]
    return torch.cat([labels for labels in drawn if labels is not None])


def _drawn(
    generator: VideoGenerator, contents: list[int], labels: Tensor | None, truncation: float
) -> Latents:
    z = torch.cat([draw_z(generator.info, 1, seed=seed) for seed in contents])
    return generator.map(z, c=labels, truncation=truncation)


def _from_picture(
    generator: VideoGenerator, picture: Path, motion: Motion, progress: Progress
) -> Latents:
    """Find contents whose first frames are a picture."""
    from dynode.pipeline.invert import invert

    found = []
    for index in range(len(motion)):
        one = motion[index : index + 1]
        still = generator.first_frame(one)
        if index == 0 or still is not generator.first_frame(motion[:1]):
            latents = invert(picture, still, progress=progress).latents
        found.append(generator.content(latents[0], one))
    return Latents.cat(found)
