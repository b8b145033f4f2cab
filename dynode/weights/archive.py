"""Zip files from strangers: how much they may hold is checked before anything is unpacked."""

from __future__ import annotations

import contextlib
import struct
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from dynode.errors import CorruptCheckpointError, DynodeError
from dynode.files import reading
from dynode.weights.refusals import corrupt, quoted, unsafe
from dynode.weights.stored import WeightsFile

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_SIZE, _LOCATOR_SIZE, _LONGEST_COMMENT = 22, 20, 0xFFFF
_LARGEST_DIRECTORY = 16 * 2**20  # about 200,000 members
_MEMBER_NAME = 30  # offset of the name in the header of a member
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_FREE = 64 * 2**20  # unpacked bytes that any archive may have
_RATIO = (
    20  # and those of one byte more in the file; numbers shrink to half at most, unless most are 0
)


@contextlib.contextmanager
def open_archive(
    path: Path,
    what: str,
    todo: str,
    *,
    error: type[DynodeError] = CorruptCheckpointError,
    largest_directory: int = _LARGEST_DIRECTORY,
) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; its directory is of bounded size.

    Args:
        path: The file.
        what: What it is read as, in words.
        todo: What was expected, and what to do.
        error: What is raised for damage met in the block, too.
        largest_directory: Most bytes of its list of members.

    Raises:
        CheckpointError: Its directory is missing, damaged or huge.
    """
    with reading(path, what, todo, error=error), path.open("rb") as stream:
        if stream.read(2) != b"PK":
            raise ValueError("it does not begin as zip files do")
        directory_of(WeightsFile(path, stream, path.stat().st_size), largest_directory)
        with zipfile.ZipFile(stream) as archive:
            yield archive


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack one member.

    Raises:
        ValueError: It unpacks to far more than it takes, or is packed in an unusual way.
    """
    member = archive.getinfo(name)
    check_members([member])
    return archive.read(member)


def check_members(members: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse members that are encrypted, packed in an unusual way, or unpack to far too much.

    Raises:
        ValueError: They are, with the reason.
    """
    packed = unpacked = 0
    for member in members:
        if member.flag_bits & 1:
            raise ValueError(f"its member {quoted(member.filename)} is encrypted")
        if member.compress_type not in _METHODS:
            raise ValueError(f"its member {quoted(member.filename)} is packed in an unusual way")
        packed += member.compress_size
        unpacked += member.file_size
    if unpacked > _FREE + _RATIO * packed:
        raise ValueError(f"{packed:,} bytes in it unpack to {unpacked:,}")


def is_archive(path: Path) -> bool:
    """Tell whether a file begins as zip files do."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def first_member(head: bytes) -> str:
    """Name the first member of a zip file by the first bytes of the file; empty if there is none."""
    if not head.startswith(b"PK\x03\x04") or len(head) < _MEMBER_NAME:
        return ""
    (length,) = struct.unpack_from("<H", head, 26)
    return head[_MEMBER_NAME : _MEMBER_NAME + length].decode("utf-8", "replace")


def directory_of(file: WeightsFile, largest: int = _LARGEST_DIRECTORY) -> tuple[int, int]:
    """Find the directory of a zip file: its offset and size.

    Raises:
        CorruptCheckpointError: There is none, or it lies outside of the file.
        UnsafeCheckpointError: It is huge.
    """
    tail_size = min(file.size, _END_SIZE + _LONGEST_COMMENT)
    tail = file.read_at(file.size - tail_size, tail_size)
    at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE > len(tail):
        raise corrupt(file.path, "it is a zip file without its end, so it is truncated")
    size, start = struct.unpack_from("<II", tail, at + 12)
    locator = tail[max(0, at - _LOCATOR_SIZE) : at]
    if locator[:4] == _LOCATOR64 and len(locator) == _LOCATOR_SIZE:
        end64 = file.read_at(struct.unpack_from("<Q", locator, 8)[0], 56)
        if end64[:4] != _END64:
            raise corrupt(file.path, "its zip directory is damaged")
        size, start = struct.unpack_from("<QQ", end64, 40)
    if size > largest:
        raise unsafe(file.path, f"its zip directory takes {size:,} bytes")
    if start + size > file.size:
        raise corrupt(file.path, "its zip directory lies outside of it")
    return start, size
