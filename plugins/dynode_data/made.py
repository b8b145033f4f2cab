"""Writing a data set: a folder or zip file that appears only when it is whole."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from PIL import Image

from dynode import files
from dynode.errors import MediaError, OutputExistsError, UsageError
from dynode_data.clips import LABELS_FILE

FORMATS = {"jpg": "JPEG", "png": "PNG"}
_QUALITY = 95


@dataclass
class MadeData:
    """What was written.

    Attributes:
        path: The folder or zip file.
        clips: Number of clips.
        frames: Number of frames of all.
        left_out: Why what is missing is missing, by name.
    """

    path: Path
    clips: int = 0
    frames: int = 0
    left_out: dict[str, str] = field(default_factory=dict)


class Sink(Protocol):
    """Takes the files of a data set."""

    def add(self, name: str, content: bytes) -> None:
        """Write a file under its name in the data set."""
        ...


class _FolderSink:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class _ZipSink:
    """Writes members, with the entries for folders that the published reader expects."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        self.archive, self.root = archive, PurePosixPath(root)
        self._folders: set[str] = set()

    def add(self, name: str, content: bytes) -> None:
        path = self.root / name
        for folder in reversed(path.parents[:-1]):
            if folder.as_posix() not in self._folders:
                self._folders.add(folder.as_posix())
                self.archive.mkdir(folder.as_posix())
        self.archive.writestr(path.as_posix(), content)


def check_output(path: Path, *, force: bool) -> None:
    """Refuse a data set that exists, or a name that is neither a folder's nor a zip file's.

    Raises:
        OutputExistsError: It exists; `force` replaces a zip file and no folder.
        UsageError: It has another suffix.
    """
    if path.suffix.lower() not in ("", ".zip"):
        raise UsageError(
            f"{path.name} names neither a folder nor a zip file; give NAME or NAME.zip with -o"
        )
    if path.is_dir() and (path.suffix or any(path.iterdir())):
        raise OutputExistsError(
            f"{path} is a folder that exists already, and folders are not replaced; choose another name "
            "with -o, or remove it"
        )
    if not path.is_dir():
        files.check_free(path, force=force)


@contextlib.contextmanager
def making(path: Path, *, force: bool) -> Iterator[Sink]:
    """Give a place for the files of a data set; it appears when the block ends well."""
    check_output(path, force=force)
    if path.suffix:
        with (
            files.written(path) as temporary,
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive,
        ):
            yield _ZipSink(archive, path.stem)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=files.UNFINISHED) as folder:
        made = Path(folder) / path.name
        made.mkdir()
        yield _FolderSink(made)
        if path.is_dir():
            path.rmdir()
        shutil.move(made, path)


def encoded(picture: Image.Image, kind: str) -> bytes:
    """Write a picture as `jpg` (quality 95, colours not thinned) or `png`."""
    held = io.BytesIO()
    options: dict[str, Any] = {"quality": _QUALITY, "subsampling": 0} if kind == "jpg" else {}
    picture.save(held, FORMATS[kind], **options)
    return held.getvalue()


def add_labels(sink: Sink, labels: Mapping[str, Any]) -> None:
    """Write the labels of clips by their names, if there are any."""
    if labels:
        pairs = [[name, label] for name, label in labels.items()]
        sink.add(LABELS_FILE, json.dumps({"labels": pairs}).encode())


def refuse_empty(made: MadeData, source: Path) -> None:
    """Refuse to end with nothing.

    Raises:
        MediaError: No clip was made.
    """
    if not made.clips:
        reasons = "; ".join(list(made.left_out.values())[:3]) or "there is nothing in it"
        raise MediaError(f"{source.name} gives no clip ({reasons}); nothing was written")
