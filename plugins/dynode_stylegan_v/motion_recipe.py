"""From clips to the file of a moving generator."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode.generator import Generator
from dynode.plugins import Progress
from dynode.training import EventFiles
from dynode_stylegan_v.clip_motion_training import train_clip_motion
from dynode_stylegan_v.code_clips import read_code_clips
from dynode_stylegan_v.motion_options import FlowOptions, MotionTrainingOptions
from dynode_stylegan_v.motion_training import train_motion
from dynode_stylegan_v.moving import MovingGenerator
from dynode_stylegan_v.moving_file import write_moving
from dynode_stylegan_v.moving_space import moving_space

_UNKNOWN_FPS = 25.0


def make_motion(
    generator: Generator,
    output: Path,
    options: MotionTrainingOptions,
    *,
    data: str,
    folder: Path,
    seed: int,
    force: bool,
    progress: Progress,
) -> None:
    """Train motion for a generator, or continue, and write the moving generator.

    Args:
        generator: What stands still; not changed, and named in the file, not copied.
        output: File to write.
        options: See `MotionTrainingOptions`.
        data: See `read_code_clips`.
        folder: Where the run keeps its state and its log.
        seed: Seed of everything random.
        force: Replace an output that exists.
        progress: Called after every step.
    """
    events = EventFiles(folder / "tensorboard") if options.tensorboard else None
    clips = read_code_clips(data, generator, fps=options.fps, seed=seed, progress=progress)
    codes = clips.codes
    space = moving_space(codes, rest=options.rest, most=options.components)
    chosen = options.chosen()
    rest: Any = {
        "folder": folder,
        "seed": seed,
        "recipe": _shaping(generator, codes, options),
        "listener": None if events is None else events.write,
        "progress": progress,
    }
    if isinstance(chosen, FlowOptions):
        network = train_clip_motion(space, chosen, **rest)
    else:
        network = train_motion(space, chosen, **rest)
    moving = MovingGenerator(
        generator,
        network.to(generator.device, torch.float32),
        fps=clips.fps or _UNKNOWN_FPS,
        name=options.called or None,
    )
    write_moving(moving, output, force=force)


def _shaping(
    generator: Generator, codes: Tensor, options: MotionTrainingOptions
) -> dict[str, str | int]:
    """Tell what shapes a motion beside the options of its objective."""
    return {
        "generator": generator.info.fingerprint,
        "clips": hashlib.sha256(codes.contiguous().numpy().data).hexdigest(),
        "rest": options.rest,
        "components": options.components,
    }
