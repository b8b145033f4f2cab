"""Where the files of a data set lie: in a folder, or in a zip file that is not unpacked."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path, PurePosixPath
from typing import Protocol
from zipfile import ZipFile

from dynode.errors import MediaError
from dynode.files import reading
from dynode.weights import is_archive, open_archive, read_member

_LARGEST_DIRECTORY = 2**30  # of a zip file; ten million frames
_AGAIN = "make the data set again ('dynode data pack')"


class Store(Protocol):
    """Files by name; may be read by several threads at once."""

    source: Path

    def names(self) -> list[str]:
        """List the files, in no order; hidden ones are left out."""
        ...

    def read(self, name: str) -> bytes:
        """Read a file.

        Raises:
            MediaError: It is gone, or damaged.
        """
        ...


class FolderStore:
    """The files of a folder and of all folders in it; links are followed."""

    def __init__(self, source: Path) -> None:
        self.source = source

    def names(self) -> list[str]:
        """List the files; see `Store`."""
        found, seen = [], set()
        for folder, inside, files in os.walk(self.source, followlinks=True):
            place = os.path.realpath(folder)
            inside[:] = [] if place in seen else [one for one in inside if not is_hidden(one)]
            if place not in seen:
                at = Path(folder).relative_to(self.source)
                found += [(at / name).as_posix() for name in files if not is_hidden(name)]
            seen.add(place)
        return found

    def read(self, name: str) -> bytes:
        """Read a file; see `Store`."""
        with reading(self.source / name, "a picture", "check the data set", error=MediaError):
            return (self.source / name).read_bytes()


class ZipStore:
    """The members of a zip file, which stays open."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self._held = contextlib.ExitStack()
        opened = open_archive(
            source, "a data set", _AGAIN, error=MediaError, largest_directory=_LARGEST_DIRECTORY
        )
        self._archive: ZipFile = self._held.enter_context(opened)

    def names(self) -> list[str]:
        """List the members; see `Store`."""
        listed = (member.filename for member in self._archive.infolist() if not member.is_dir())
        return [name for name in listed if not any(map(is_hidden, PurePosixPath(name).parts))]

    def read(self, name: str) -> bytes:
        """Read a member; see `Store`."""
        with reading(Path(name), f"a member of {self.source.name}", _AGAIN, error=MediaError):
            return read_member(self._archive, name)


def is_hidden(name: str) -> bool:
    """Tell files that systems leave behind from those that people made."""
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def open_store(source: str | Path) -> Store:
    """Open a folder or a zip file.

    Raises:
        MediaError: It is neither, or damaged.
    """
    source = Path(source)
    if source.is_dir():
        return FolderStore(source)
    if not source.exists():
        raise MediaError(f"{source} does not exist; expected a data set: a folder or a zip file")
    if not source.is_file() or not is_archive(source):
        empty = source.is_file() and source.read_bytes()[:4] == b"PK\x05\x06"
        what = "is an empty zip file" if empty else "is neither a folder nor a zip file"
        raise MediaError(
            f"{source.name} {what}; expected a data set, such as 'dynode data from-videos' makes"
        )
    return ZipStore(source)
