"""Contents and motions of videos: drawn from seeds, a picture's, or saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from dynode import plugins
from dynode.errors import GeneratorMismatchError, OptionError
from dynode.generator.classes import class_of
from dynode.generator.fitting import check_codes
from dynode.generator.population import draw_labels, draw_z
from dynode.generator.protocol import Generator
from dynode.generator.video import VideoGenerator, motion_fingerprint
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.pipeline.codes import read_codes
from dynode.plugins.methods import Progress

GivenContent = Latents | str | Path | None
GivenMotion = Motion | str | Path | None
LENGTH = 128
"""Frames of a video whose motion has no end."""


def video_generator(generator: Generator, asked_by: str = "--video") -> VideoGenerator:
    """Return a generator that has motion.

    Raises:
        OptionError: It has none.
    """
    if isinstance(generator, VideoGenerator) and generator.motion_width:
        return generator
    known = [p.name for p in plugins.registry().generators if getattr(p, "default_video", False)]
    raise OptionError(
        f"{generator.info.name} draws stills: it has no motion, which {asked_by} needs; name a video "
        f"generator with --generator, such as {', '.join(known + ['a snapshot of StyleGAN-V'])}, or "
        f"leave {asked_by} out"
    )


def open_content(given: Latents | str | Path, generator: VideoGenerator) -> Latents:
    """Read saved content, and check that the generator can draw it.

    Raises:
        DynodeError: It cannot be read, or belongs to another generator.
    """
    info = generator.info
    if not isinstance(given, Latents):
        given = read_codes(Path(given), fingerprint=info.fingerprint, rows=info.num_layers)
    check_codes(given, info.name, info.num_layers, info.w_dim)
    return given.to(generator.device, generator.dtype)


def open_motion(given: Motion | str | Path, generator: VideoGenerator) -> Motion:
    """Read saved motion, and check that the generator can draw it.

    Raises:
        CorruptCheckpointError: The file is no motion.
        GeneratorMismatchError: It is of another generator, or its codes or classes are.
    """
    name = "the motion" if isinstance(given, Motion) else Path(given).name
    if isinstance(given, Motion):
        motion = given
    else:
        maker = motion_fingerprint(generator)
        motion = Motion.load(given, generator=generator.info.name, fingerprint=maker)
    wanted = {"codes": generator.motion_width, "labels": generator.info.c_dim}
    for part, width in wanted.items():
        held = getattr(motion, part)
        if held is not None and held.shape[-1] != width:
            raise GeneratorMismatchError(
                f"{name} holds {part} of width {held.shape[-1]}, and those of {generator.info.name} have "
                f"width {width}; name the generator it was made with, with --generator"
            )
    return motion


def matched(content: Latents, motion: Motion, count: int | None = None) -> tuple[Latents, Motion]:
    """Give each content its motion; one of either is that of all videos.

    Args:
        content: One, or as many as there are videos.
        motion: Likewise.
        count: Videos; None for as many as there are.

    Raises:
        OptionError: They are not as many.
    """
    count = count or max(len(content), len(motion))
    if len(content) not in (1, count) or len(motion) not in (1, count):
        raise OptionError(
            f"there are {len(content)} contents and {len(motion)} motions for {count} videos; give one for "
            "all, or one for each"
        )
    rows = torch.arange(count)
    return (
        content[rows * 0] if len(content) < count else content,
        motion[rows * 0] if len(motion) < count else motion,
    )


def video_times(
    generator: VideoGenerator, motion: Motion, length: int | None, fps: float | None
) -> tuple[Tensor, float]:
    """Say at which times, in the generator's frames, videos are drawn, and how fast they are shown.

    Args:
        generator: What draws them.
        motion: Theirs; motion that was found for a clip has an end.
        length: Frames; None for all of a motion that has an end, else 128.
        fps: Frames a second; None for the generator's own.

    Raises:
        OptionError: One of them is no such number, or the motion ends before.
    """
    if (length is not None and length < 1) or (fps is not None and not 0 < fps < float("inf")):
        raise OptionError(f"a video of {length} frames at {fps} a second; expected both above 0")
    shown = generator.fps if fps is None else fps
    step = generator.fps / shown
    if motion.codes is not None:
        most = int((motion.codes.shape[1] - 1) / step + 1e-9) + 1
        if length is not None and length > most:
            raise OptionError(
                f"--length is {length}, and this motion, found for a clip, ends after {most} frames at "
                f"{shown:g} a second; ask for {most} at most"
            )
        length = length or most
    return torch.arange(length or LENGTH, dtype=torch.float64) * step, shown


def video_labels(
    generator: VideoGenerator, seeds: Sequence[int], wanted: int | str | None
) -> Tensor | None:
    """Choose the classes (n, c_dim) of videos; None for a generator without.

    Raises:
        OptionError: It has no such class.
    """
    info = generator.info
    number = None if wanted is None else class_of(info, wanted)
    if wanted is not None and number is None:
        known = f"classes 0 to {info.c_dim - 1}" if info.c_dim else "no classes"
        raise OptionError(f"--class is {wanted}; {info.name} has {known}")
    if not info.c_dim:
        return None
    if number is not None:
        return torch.eye(info.c_dim)[[number] * len(seeds)]
    drawn = [draw_labels(info, 1, seed=seed) for seed in seeds]
    return torch.cat([labels for labels in drawn if labels is not None])


def drawn_content(
    generator: VideoGenerator, seeds: Sequence[int], labels: Tensor | None, truncation: float
) -> Latents:
    """Draw the contents of seeds."""
    z = torch.cat([draw_z(generator.info, 1, seed=seed) for seed in seeds])
    return generator.map(z, c=labels, truncation=truncation)


def content_of_picture(
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
