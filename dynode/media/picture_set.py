"""The pictures of a folder or zip file, in the order of their names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dynode.errors import MediaError
from dynode.media.images import read_image
from dynode.media.suffixes import IMAGE_SUFFIXES
from dynode.weights.archive import open_archive, read_member

_KIND = ("a zip file of pictures", "make the zip file again")


@dataclass(frozen=True)
class PictureSet:
    """Pictures that are read when they are asked for.

    Attributes:
        source: The folder or zip file.
        names: Their names in it, in order.
    """

    source: Path
    names: Sequence[str]

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.names)

    def read(self, index: int) -> Image.Image:
        """Read one as upright 8-bit RGB.

        Raises:
            MediaError: It is damaged.
        """
        name = self.names[index]
        if self.source.is_dir():
            return read_image(self.source / name)
        with open_archive(self.source, *_KIND, error=MediaError) as archive:
            content = read_member(archive, name)
        return read_image(Path(name), io.BytesIO(content))


def open_pictures(source: Path) -> PictureSet:
    """List the pictures of a folder (not of its subfolders) or of a zip file.

    Raises:
        MediaError: It is neither.
    """
    if source.is_dir():
        names = [file.name for file in source.iterdir() if file.is_file()]
    elif source.is_file() and zipfile.is_zipfile(source):
        with open_archive(source, *_KIND, error=MediaError) as archive:
            names = archive.namelist()
    else:
        raise MediaError(
            f"{source} is neither a folder nor a zip file; give pictures in one of them"
        )
    pictures = (name for name in names if Path(name).suffix.lower() in IMAGE_SUFFIXES)
    return PictureSet(source, tuple(sorted(name for name in pictures if not _is_hidden(name))))


def _is_hidden(name: str) -> bool:
    return Path(name).name.startswith(".")
