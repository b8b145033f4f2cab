"""Hooks of the StyleGAN-V plugin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.lazy import attribute_on_demand
from dynode.plugins import Convertible, Progress, Trainable, TrainableGenerator

if TYPE_CHECKING:
    import torch

    from dynode.generator import Generator
    from dynode_stylegan_v.motion_options import MotionTrainingOptions
    from dynode_stylegan_v.video_options import MoCoGANTrainingOptions, VideoTrainingOptions


class _VideoTraining(TrainableGenerator):
    """Trains video generators on clips."""

    def train(
        self,
        output: Path,
        options: VideoTrainingOptions | MoCoGANTrainingOptions,
        *,
        data: str,
        start: str | None,
        folder: Path,
        seed: int,
        device: torch.device,
        force: bool,
        progress: Progress,
    ) -> None:
        """Train on clips; see `TrainableGenerator.train`."""
        from dynode_adversarial import TrainingJob
        from dynode_stylegan_v.video_training import train_video

        training = TrainingJob(data, folder, start, seed, device)
        train_video(options, output, training, force=force, progress=progress)


class StyleGANVFamily(dynode.GeneratorFamily, _VideoTraining, Convertible):
    """Video generators, published snapshots and dynode's files, and their training."""

    name = "stylegan-v"
    summary = "video generators: StyleGAN-V, MoCoGAN + StyleGAN2"
    training = "stylegan-v"
    training_summary = "Train a video generator on clips"
    training_options = attribute_on_demand("dynode_stylegan_v.video_options:VideoTrainingOptions")
    layouts: ClassVar = {".safetensors": "dynode", ".pkl": "stylegan-v"}

    def can_read(self, path: Path) -> bool:
        """Look at the head of a file; see `GeneratorFamily.can_read`."""
        from dynode_stylegan_v.file import FORMAT, file_kind
        from dynode_stylegan_v.published import looks_published

        return file_kind(path) == FORMAT or looks_published(path)

    def read(self, path: Path, device: torch.device | str) -> Generator:
        """Load a video generator; see `GeneratorFamily.read`."""
        from dynode_stylegan_v.opening import open_video

        return open_video(path, device=device)

    def convert(
        self, source: Path, target: Path, layout: str, *, generator_only: bool, force: bool
    ) -> tuple[str, ...]:
        """Write it in another layout; see `Convertible.convert`."""
        from dynode_stylegan_v.converting import convert_video

        return convert_video(source, target, layout, generator_only=generator_only, force=force)


class MoCoGANFamily(dynode.GeneratorFamily, _VideoTraining):
    """Training of MoCoGAN with a StyleGAN2 backbone; its files are read by `stylegan-v`."""

    name = "mocogan"
    summary = "training of MoCoGAN + StyleGAN2; stylegan-v reads its files"
    training = "mocogan"
    training_summary = "Train MoCoGAN with a StyleGAN2 backbone on clips"
    training_options = attribute_on_demand("dynode_stylegan_v.video_options:MoCoGANTrainingOptions")

    def can_read(self, path: Path) -> bool:
        """Read nothing: its files are those of `stylegan-v`."""
        return False

    def read(self, path: Path, device: torch.device | str) -> Generator:
        """Load a video generator; see `GeneratorFamily.read`."""
        from dynode_stylegan_v.opening import open_video

        return open_video(path, device=device)


class MovingFamily(dynode.GeneratorFamily, Trainable):
    """Motion for other generators, and its training."""

    name = "stylegan-v-motion"
    summary = "motion for any generator, added to its style codes"
    training = "stylegan-v-motion"
    training_summary = "Train motion for a generator from codes of clips"
    training_options = attribute_on_demand("dynode_stylegan_v.motion_options:MotionTrainingOptions")

    def can_read(self, path: Path) -> bool:
        """Look at the head of a file; see `GeneratorFamily.can_read`."""
        from dynode_stylegan_v.file import file_kind
        from dynode_stylegan_v.moving_file import FORMAT

        return file_kind(path) == FORMAT

    def read(self, path: Path, device: torch.device | str) -> Generator:
        """Load a moving generator; see `GeneratorFamily.read`."""
        from dynode_stylegan_v.moving_file import read_moving

        return read_moving(path, device=device)

    def train(
        self,
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
        """Train the motion; see `Trainable.train`."""
        from dynode_stylegan_v.motion_recipe import make_motion

        make_motion(
            generator,
            output,
            options,
            data=data,
            folder=folder,
            seed=seed,
            force=force,
            progress=progress,
        )


@dynode.hookimpl
def register_generators(
    register: Callable[[dynode.GeneratorProvider | dynode.GeneratorFamily], None],
) -> None:
    """Contribute the families of video generators."""
    register(StyleGANVFamily())
    register(MoCoGANFamily())
    register(MovingFamily())
