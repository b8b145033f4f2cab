"""Hooks of the StyleGAN-V plugin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dynode

if TYPE_CHECKING:
    import torch

    from dynode.generator import Generator


class StyleGANVFamily(dynode.GeneratorFamily):
    """Video generators: published snapshots, dynode's files, and motion for other generators."""

    name = "stylegan-v"
    summary = "video generators: StyleGAN-V, MoCoGAN + StyleGAN2, and motion for any generator"

    def can_read(self, path: Path) -> bool:
        """Look at the head of a file; see `GeneratorFamily.can_read`."""
        from dynode_stylegan_v.file import FORMAT, file_kind
        from dynode_stylegan_v.moving_file import FORMAT as MOVING
        from dynode_stylegan_v.published import looks_published

        return file_kind(path) in (FORMAT, MOVING) or looks_published(path)

    def read(self, path: Path, device: torch.device | str) -> Generator:
        """Load a video generator; see `GeneratorFamily.read`."""
        from dynode_stylegan_v.opening import open_video

        return open_video(path, device=device)


@dynode.hookimpl
def register_generators(
    register: Callable[[dynode.GeneratorProvider | dynode.GeneratorFamily], None],
) -> None:
    """Contribute the family of video generators."""
    register(StyleGANVFamily())
