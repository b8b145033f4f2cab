"""Published micromotions: plain arrays whose names begin with the method's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dynode

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.importing import ArrayName, PublishedFile

_BEGINNING = "micromotion_"


class MotionFile(dynode.Format):
    """Micromotions by their names.

    Source:
        Wu et al. 2022, Grasping the Arrow of Time from the Singularity, arXiv:2204.12696.
    """

    name = "micromotion"
    summary = "plain arrays named micromotion_NAME (Micromotion)"
    takes_space = True

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        from dynode.importing import array_names, full_name

        names = array_names(file)
        return bool(names) and full_name(file.path, names[0]).startswith(_BEGINNING)

    def read(
        self, file: PublishedFile, options: object, *, generator: Generator | None = None
    ) -> list[Direction]:
        """Read every motion; see `dynode.Format.read`."""
        from dynode.importing import read_arrays

        return read_arrays(file, lambda key: _told(file, key))


def _told(file: PublishedFile, key: str) -> ArrayName:
    from dynode.importing import ArrayName, full_name, slug

    whole = full_name(file.path, key).removeprefix(_BEGINNING)
    return ArrayName(slug(whole.replace("_d_latent", "")), method="micromotion")
