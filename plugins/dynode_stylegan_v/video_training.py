"""Training of video generators on clips, from options to the file."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import torch

from dynode.errors import OptionError
from dynode.plugins import Progress, silent
from dynode.training import Processes, keep_freed_memory
from dynode_adversarial import (
    Plan,
    TrainingJob,
    freeze_blocks,
    group_of,
    identity_of,
    train_against,
)
from dynode_stylegan_v.config import VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.mocogan import MoCoGANDiscriminator, mocogan_config
from dynode_stylegan_v.synthesis import VideoNetwork
from dynode_stylegan_v.video_data import TrainingClips
from dynode_stylegan_v.video_options import MoCoGANTrainingOptions, VideoTrainingOptions
from dynode_stylegan_v.video_sides import VideoSides
from dynode_stylegan_v.warm_start import hold_content, start_discriminator, start_generator

VideoOptions = VideoTrainingOptions | MoCoGANTrainingOptions


def train_video(
    options: VideoOptions,
    output: Path,
    training: TrainingJob,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> None:
    """Train a video generator, or go on with a run that was stopped, and write it.

    Raises:
        OptionError: Options do not fit each other, the data set or the generator.
        MediaError: The data set cannot be trained on.
        UsageError: The folder holds a run with other options.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683; see `train_against` for deviations.
    """
    processes, start = Processes.join(training.device), training.start
    keep_freed_memory()
    sides = _sides(options, training, output.stem)
    plan = Plan(
        training.folder,
        training.seed,
        sides.clips.size,
        group_of(options.batch),
        {"data": sides.clips.identity(), "start": identity_of(start)},
        processes,
        is_warm=start is not None,
        until=training.until,
    )
    try:
        train_against(sides, options, plan, progress=progress)
    finally:
        sides.close()
    if processes.is_first and (training.until is None or training.until >= options.steps):
        sides.write(output, force=force)


def _sides(options: VideoOptions, training: TrainingJob, name: str) -> VideoSides:
    clips = TrainingClips.read(
        training.data,
        labels=options.labels,
        sampling=options.frame_sampling,
        max_frames=options.max_frames,
        flip=options.flip,
    )
    start, seed = training.start, training.seed
    generator = _generator(options, clips, start, seed).train().to(training.device)
    average = copy.deepcopy(generator).eval().requires_grad_(False)
    judge = _judge(options, generator.config, group_of(options.batch), seed, start)
    freeze_blocks(judge, options.freeze_d)
    about = {"name": options.called or name, "domain": clips.clips.store.source.stem}
    rate = options.clip_rate if isinstance(options, MoCoGANTrainingOptions) else 1.0
    judge = judge.train().to(training.device)
    return VideoSides(generator, average, judge, clips, seed=seed, about=about, clip_rate=rate)


def _generator(
    options: VideoOptions, clips: TrainingClips, start: str | None, seed: int
) -> VideoNetwork:
    shared: dict[str, Any] = {
        "resolution": clips.size,
        "channels": options.channels_at(clips.size),
        "z_dim": options.z_dim,
        "w_dim": options.w_dim,
        "c_dim": clips.labels.values.shape[1],
        "motion_z_dim": options.motion_width,
        "motion_v_dim": options.motion_width,
        "max_frames": options.max_frames,
        "fps": options.fps,
    }
    if isinstance(options, MoCoGANTrainingOptions):
        return start_generator(mocogan_config(**shared), start, seed)
    config = VideoConfig(
        **shared,
        condition=options.condition,
        strategy=options.strategy,
        motion_distance=options.min_period,
        kernel=options.kernel,
        frequencies=options.waves,
        min_period=options.min_period,
        max_period=options.max_period,
    )
    network = start_generator(config, start, seed)
    if options.freeze == "content":
        if start is None:
            raise OptionError("--freeze content holds the pictures of --from, which is missing")
        hold_content(network)
    return network


def _judge(
    options: VideoOptions, drawn: VideoConfig, group: int, seed: int, start: str | None
) -> VideoDiscriminator | MoCoGANDiscriminator:
    shape: dict[str, Any] = {
        "resolution": drawn.resolution,
        "channels": options.channels_at(drawn.resolution),
        "mbstd_group": group,
        "max_frames": max(2, options.max_frames),
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        if isinstance(options, MoCoGANTrainingOptions):
            alone = VideoDiscriminatorConfig(**shape, frames=1, concat_resolution=None)
            return MoCoGANDiscriminator(alone, frames=options.frames)
        together = min(options.concat_resolution, drawn.resolution // 2)
        judge = VideoDiscriminator(
            VideoDiscriminatorConfig(
                **shape,
                c_dim=drawn.c_dim,
                frames=options.frames,
                concat_resolution=together if options.frames > 1 else None,
                sampling=options.sampling,
                is_hyper=options.hyper,
            )
        )
    if start is not None and not start_discriminator(judge, start):
        warnings.warn(
            f"the discriminator starts anew: {Path(start).name} holds none of this shape",
            stacklevel=3,
        )
    return judge
