"""The pictures of a folder or zip file, in the order of their names."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from dynode.errors import MediaError
from dynode.media.images import read_image
from dynode.media.kind import Kind, kind_of
from dynode.media.suffixes import IMAGE_SUFFIXES
from dynode.weights.archive import is_archive, open_archive, read_member

_KIND = ("a zip file of pictures", "make the zip file again")

PICTURE_SUFFIXES = (
    *IMAGE_SUFFIXES,
    ".heic",
    ".heif",
    ".avif",
    ".jfif",
    ".jpe",
    ".jp2",
    ".tga",
    ".ppm",
    ".psd",
)
"""Names that say picture; what is in a file of such a name is tried, or told why not."""

_OTHERWISE: dict[Kind, str] = {
    "clip": "is a clip; give it by itself",
    "latents": "holds codes or a direction, no picture",
    "codes": "holds arrays or weights, no picture",
    "archive": "is an archive; unpack it, or give it by itself",
    "folder": "is a folder, and folders are not searched inside; give it by itself",
    "other": "is no picture",
}


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


@dataclass(frozen=True)
class FolderContent:
    """What lies in a folder; each entry is in one of these.

    Attributes:
        pictures: Files to read as pictures, in the order of their names.
        clips: Why clips are none of them, by name.
        others: Why what is neither picture nor clip is not, by name.
    """

    pictures: Sequence[Path]
    clips: Mapping[str, str]
    others: Mapping[str, str]


def look_into(folder: Path) -> FolderContent:
    """Sort the entries of a folder by what is in them, not by their names.

    A file whose name says picture is one whatever is in it, so that whoever reads it tells why not.
    Hidden files are passed over, unless they are pictures: those are named.
    """
    pictures, clips, others = list[Path](), dict[str, str](), dict[str, str]()
    for path in sorted(folder.iterdir()):
        kind = _kind(path)
        if _is_hidden(path.name):
            if kind == "picture":
                others[path.name] = f"{path.name} is hidden; rename it to use it"
        elif kind == "picture" or (kind == "other" and path.suffix.lower() in PICTURE_SUFFIXES):
            pictures.append(path)
        else:
            told = clips if kind == "clip" else others
            told[path.name] = f"{path.name} {_OTHERWISE[kind]}"
    return FolderContent(pictures, clips, others)


def _kind(path: Path) -> Kind:
    try:
        return kind_of(path)
    except MediaError:  # such as a link to nothing: who reads it says so
        return "picture"


def open_pictures(source: Path) -> PictureSet:
    """List the pictures of a folder (not of its subfolders) or of a zip file.

    In a folder the content tells what is a picture, in a zip file the names.

    Raises:
        MediaError: It is neither.
    """
    if source.is_dir():
        return PictureSet(source, tuple(path.name for path in look_into(source).pictures))
    if not (source.is_file() and is_archive(source)):
        raise MediaError(
            f"{source} is neither a folder nor a zip file; give pictures in one of them"
        )
    with open_archive(source, *_KIND, error=MediaError) as archive:
        names = archive.namelist()
    pictures = (name for name in names if Path(name).suffix.lower() in PICTURE_SUFFIXES)
    return PictureSet(source, tuple(sorted(name for name in pictures if not _is_hidden(name))))


def _is_hidden(name: str) -> bool:
    return Path(name).name.startswith(".")
