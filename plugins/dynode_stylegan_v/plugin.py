"""Hooks of the StyleGAN-V plugin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dynode
from dynode.plugins import Progress, Trainable
from dynode_stylegan_v.motion_options import MotionTrainingOptions

if TYPE_CHECKING:
    import torch

    from dynode.generator import Generator


class StyleGANVFamily(dynode.GeneratorFamily):
    """Video generators: published snapshots and dynode's files."""

    name = "stylegan-v"
    summary = "video generators: StyleGAN-V, MoCoGAN + StyleGAN2"

    def can_read(self, path: Path) -> bool:
        """Look at the head of a file; see `GeneratorFamily.can_read`."""
        from dynode_stylegan_v.file import FORMAT, file_kind
        from dynode_stylegan_v.published import looks_published

        return file_kind(path) == FORMAT or looks_published(path)

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
    training_options = MotionTrainingOptions

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
    register(MovingFamily())
