"""InterFaceGAN's published boundaries: plain arrays whose names tell attribute, generator and space."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import dynode

if TYPE_CHECKING:
    from dynode.direction import Direction
    from dynode.generator import Generator
    from dynode.importing import ArrayName, PublishedFile

_PUBLISHED = re.compile(
    r"(?P<model>(?:pggan|stylegan)_(?:celebahq|ffhq))_(?P<name>\w+?)(?P<w>_w)?(?:_boundary)?$"
    r"|^e4e_interfacegan_(?P<offset>\w+?)(?:_direction|_boundary)?$"
)


class BoundaryFile(dynode.Format):
    """Boundaries by their published names, and the offsets that e4e's code brings.

    Source:
        Shen et al. 2020, InterFaceGAN, arXiv:2005.09635, and its published files.
    """

    name = "interfacegan"
    summary = "plain arrays with the published names of boundaries (InterFaceGAN)"
    takes_space = True

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        from dynode.importing import array_names

        names = array_names(file)
        return bool(names) and all(_match(file, key) for key in names)

    def read(
        self, file: PublishedFile, options: object, *, generator: Generator | None = None
    ) -> list[Direction]:
        """Read every boundary; see `dynode.Format.read`."""
        from dynode.importing import read_arrays

        return read_arrays(file, lambda key: _told(file, key))


def _match(file: PublishedFile, key: str) -> re.Match[str] | None:
    from dynode.importing import full_name

    return _PUBLISHED.search(full_name(file.path, key))


def _told(file: PublishedFile, key: str) -> ArrayName:
    from dynode.importing import ArrayName, slug

    found = _match(file, key)
    assert found is not None
    if found["offset"]:
        return ArrayName(slug(found["offset"]), method="interfacegan")
    return ArrayName(
        slug(found["name"]), "w" if found["w"] else "z", "interfacegan", found["model"]
    )
