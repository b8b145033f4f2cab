"""Where the file of a row is: on a disk, in a tar archive such as a WebDataset shard, or behind a URI.

URIs are read through pyarrow's file systems, which Ray Data uses too: `s3://`, `gs://`, `hdfs://`, `file://`,
with the credentials each of them looks for.
"""

from __future__ import annotations

import contextlib
import functools
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

from dynode.errors import MediaError, MissingWeightsError, UsageError
from dynode.files import reading

_INSIDE = ".tar!/"  # between an archive and a file in it
_USED = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif", ".gif") + (
    (".mp4", ".mov", ".webm", ".mkv", ".avi", ".safetensors", ".npy", ".npz", ".pt", ".pth")
)


def is_remote(source: str) -> bool:
    """Whether a source is a URI."""
    return "://" in source


def members(archive: Path) -> tuple[list[str], list[str]]:
    """Name the pictures, clips and codes in an archive as sources, and what else is in it.

    What is in an archive is told by its suffix.

    Raises:
        UsageError: It is no tar archive.
    """
    names = sorted(_index(archive, _stamp(archive)))
    used = [f"{archive.with_suffix('')}{_INSIDE}{name}" for name in names if _is_used(name)]
    return used, [name for name in names if not _is_used(name)]


def remote_files(uri: str) -> tuple[list[str], list[str]]:
    """Name the files below a URI as sources, and those that are left out.

    Raises:
        MediaError: Nothing can be read there.
        MissingWeightsError: pyarrow is not installed.
    """
    with _reaching(uri):
        system, path = _system(uri)
        from pyarrow import fs

        found = system.get_file_info(fs.FileSelector(path, recursive=True))
    place, mark, settings = uri.partition("?")  # of a bucket, such as its region
    start = place.rstrip("/").removesuffix(path.rstrip("/"))
    names = sorted(one.path for one in found if one.is_file and not _is_hidden(one.path))
    used = [start + name + mark + settings for name in names if _is_used(name)]
    return used, [PurePosixPath(name).name for name in names if not _is_used(name)]


@contextlib.contextmanager
def opened(source: str) -> Iterator[IO[bytes]]:
    """Open the file of a row.

    Raises:
        OSError: It cannot be read.
        MediaError: It is not in its archive, or not behind its URI.
    """
    if is_remote(source):
        with _reaching(source):
            system, path = _system(source)
            stream = system.open_input_stream(path)
        with stream:
            yield stream
        return
    archive, name = _parts(source)
    with open(archive, "rb") as stream:
        yield io.BytesIO(_member(archive, name, stream)) if name else stream


@contextlib.contextmanager
def fetched(source: str) -> Iterator[Path]:
    """Give the file of a row on this machine; that of an archive or a URI goes when the block ends."""
    if not is_remote(source) and not _parts(source)[1]:
        yield Path(source)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePosixPath(source.partition("?")[0]).name
        with opened(source) as stream, path.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        yield path


def size_of(source: str) -> int:
    """Tell the bytes of a row's file; 0 where that takes a question over the network."""
    if is_remote(source):
        return 0
    archive, name = _parts(source)
    return _index(archive, _stamp(archive))[name][1] if name else Path(source).stat().st_size


def _parts(source: str) -> tuple[Path, str]:
    """Split a source into the file on the disk, and the name in it."""
    before, inside, name = source.partition(_INSIDE)
    archive = Path(before + ".tar")
    return (archive, name) if inside and archive.is_file() else (Path(source), "")


def _member(archive: Path, name: str, stream: IO[bytes]) -> bytes:
    found = _index(archive, _stamp(archive)).get(name)
    if found is None:
        raise MediaError(f"{archive.name} holds no {name}; list it again")
    stream.seek(found[0])
    return stream.read(found[1])


def _stamp(archive: Path) -> tuple[int, int]:
    told = archive.stat()
    return told.st_size, told.st_mtime_ns


@functools.lru_cache(maxsize=4)
def _index(archive: Path, stamp: tuple[int, int]) -> Mapping[str, tuple[int, int]]:
    """Read place and size of the plain files in an archive; links and devices are passed over."""
    with (
        reading(archive, "tar archive", "make it again", error=UsageError),
        tarfile.open(archive, "r:") as opening,
    ):
        whole = [one for one in opening if one.isreg() and not one.issparse()]
        return {
            one.name: (one.offset_data, one.size)
            for one in whole
            if one.offset_data + one.size <= stamp[0] and not _is_hidden(one.name)
        }


def _is_used(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _USED


def _is_hidden(name: str) -> bool:
    return PurePosixPath(name).name.startswith(".")


def _system(uri: str) -> tuple[Any, str]:
    try:
        from pyarrow import fs
    except ImportError as error:
        raise MissingWeightsError(
            "URIs need pyarrow, which is not installed; type: pip install 'dynode-gan[parquet]'"
        ) from error
    system, path = fs.FileSystem.from_uri(uri)
    return system, path


@contextlib.contextmanager
def _reaching(uri: str) -> Iterator[None]:
    """Say in one line that a URI cannot be read; pyarrow raises OSError, and ValueError for a strange one."""
    try:
        yield
    except (OSError, ValueError, NotImplementedError) as error:
        told = " ".join(str(error).split())[:200]
        raise MediaError(
            f"{uri} cannot be read ({told}); expected a place that exists, such as s3://bucket/folder, and "
            f"its credentials in the environment"
        ) from error
