"""The files of StyleCLIP: mapper checkpoints, and channel directions (fs3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.importing import PublishedFile


class MapperCheckpoint(dynode.Format):
    """The weights of a mapper over W+ rows, in one part or three, or over style vectors.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 5, and its published files.
    """

    name = "styleclip-mapper"
    summary = "a mapper over W+ rows or style vectors (StyleCLIP)"

    def pick(self, content: object) -> object | None:
        """Pick the mapper and its options; see `dynode.Format.pick`."""
        from dynode_styleclip.published_mapper import mapper_part

        return mapper_part(content)

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        from dynode_styleclip.published_mapper import holds_mapper

        return holds_mapper(file)

    def read(
        self, file: PublishedFile, options: object, *, generator: Generator | None = None
    ) -> list[Direction]:
        """Read the mapper; see `dynode.Format.read`."""
        from dynode_styleclip.published_mapper import read_mapper

        return read_mapper(file)

    def suffixes(self, direction: Direction) -> tuple[str, ...]:
        """See `dynode.Format.suffixes`."""
        from dynode.direction import MapperDirection, StyleMapperDirection

        return (".pt",) if isinstance(direction, MapperDirection | StyleMapperDirection) else ()

    def write(self, direction: Direction, path: Path, *, scale: float) -> str:
        """Write the checkpoint; what the published edit does differently is told.

        Raises:
            OptionError: It was to be scaled, for which the file has no room.
        """
        from dynode_styleclip.published_mapper import write_mapper

        if scale != 1:
            raise OptionError(
                f"--scaled does not apply to {path.name}: a mapper's file has no room for a scale of "
                f"{scale:g}; leave it out and edit with that strength"
            )
        return write_mapper(direction, path)


@dataclass(frozen=True)
class ChannelOptions:
    """The texts that turn channel directions into a direction."""

    text: str = dynode.option(help="What the picture should show.")
    neutral: str = dynode.option(
        "", help="What it shows otherwise; what all pictures show if empty, 'a face'."
    )
    beta: float = dynode.option(
        0.1, help="Smallest relevance of a style channel that is moved.", min=0, max=1
    )
    clip: str = dynode.option("", help="Text-image model or architecture.")
    clip_weights: Path | None = dynode.option(None, help="Weights of a real CLIP.")


class ChannelDirections(dynode.Format):
    """How each style channel moves the image embedding: `fs3.npy`.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6, and its published files.
    """

    name = "styleclip-fs3"
    summary = "channel directions of style channels (StyleCLIP's fs3)"
    options: ClassVar[type] = ChannelOptions
    check_options: ClassVar = {"text": "red", "neutral": "face"}
    needs_generator = True

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        from dynode_styleclip.fs3 import is_fs3

        return is_fs3(file.content)

    def read(
        self, file: PublishedFile, options: ChannelOptions, *, generator: Generator | None = None
    ) -> list[Direction]:
        """Weigh the style channels by a text; see `dynode.Format.read`."""
        from dynode_styleclip.fs3 import read_fs3

        assert generator is not None
        return read_fs3(file, options, generator)
