"""The files of GANSpace's released components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dynode

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.importing import PublishedFile


@dataclass(frozen=True)
class ComponentFileOptions:
    """What the user says about a file of components."""

    set_coordinate: bool = dynode.option(
        False, help="Make edits that set the coordinate, as e4e's do, instead of moving by it."
    )


class ComponentFile(dynode.Format):
    """Mean, components and standard deviations, in numpy's or torch's container.

    Source:
        Härkönen et al. 2020, GANSpace, arXiv:2004.02546, and its published files.
    """

    name = "ganspace"
    summary = "principal components with their deviations (GANSpace)"
    options = ComponentFileOptions

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        from dynode_ganspace.published import holds_components

        return holds_components(file)

    def read(
        self,
        file: PublishedFile,
        options: ComponentFileOptions,
        *,
        generator: Generator | None = None,
    ) -> list[Direction]:
        """Read every component; see `dynode.Format.read`."""
        from dynode_ganspace.published import read_components

        return read_components(file, set_coordinate=options.set_coordinate)
