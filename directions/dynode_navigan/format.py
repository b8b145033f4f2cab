"""The files of NaviGAN: one shift of a weight, the eigenvectors of a layer, a trainer's checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.importing import PublishedFile


@dataclass(frozen=True)
class DeformationOptions:
    """What some of the files do not tell."""

    layer: str = dynode.option(
        "", help="Convolution of an eigenvector file, such as b16.conv1, if its name is silent."
    )
    basis: Path | None = dynode.option(
        None, help="Eigenvector file that the directions of a checkpoint combine."
    )


class DeformationFile(dynode.Format):
    """Shifts of one convolution's weight.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786, and its published files.
    """

    name = "navigan"
    summary = "shifts of a convolution's weight (NaviGAN)"
    options: ClassVar[type] = DeformationOptions

    def pick(self, content: object) -> object | None:
        """Pick the layer that was trained; see `dynode.Format.pick`."""
        from dynode_navigan.published_reader import trained_part

        return trained_part(content)

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        from dynode_navigan.published_reader import holds_shifts

        return holds_shifts(file)

    def read(
        self,
        file: PublishedFile,
        options: DeformationOptions,
        *,
        generator: Generator | None = None,
    ) -> list[Direction]:
        """Read every shift; see `dynode.Format.read`."""
        from dynode_navigan.published_reader import read_shifts

        return read_shifts(file, options.layer, options.basis)

    def suffixes(self, direction: Direction) -> tuple[str, ...]:
        """See `dynode.Format.suffixes`."""
        from dynode.direction import WeightDirection

        return (".pt",) if isinstance(direction, WeightDirection) else ()

    def write(self, direction: Direction, path: Path, *, scale: float) -> str:
        """See `dynode.Format.write`."""
        from dynode.direction import WeightDirection
        from dynode_navigan.published_files import write_deformation

        assert isinstance(direction, WeightDirection)
        write_deformation(direction, path, scale)
        return "a NaviGAN deformation"
