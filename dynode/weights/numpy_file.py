"""Arrays that numpy wrote, read as plain numbers: sizes are checked before memory is taken."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from dynode.errors import CorruptCheckpointError, DynodeError
from dynode.files import reading
from dynode.weights.archive import check_members, open_archive
from dynode.weights.refusals import quoted

_SUFFIX = ".npy"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_TODO = "expected plain numbers; save it again with numpy.save"


def read_array(path: Path, *, error: type[DynodeError] = CorruptCheckpointError) -> np.ndarray:
    """Read an `.npy` file.

    Args:
        path: The file, of any suffix.
        error: What is raised.

    Raises:
        DynodeError: Of the type `error`: it is damaged, or holds anything but plain numbers.
    """
    with reading(path, "numpy arrays", _TODO, error=error), path.open("rb") as stream:
        return _read(stream, path.stat().st_size)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of an `.npz` file by name.

    Raises:
        CheckpointError: It is damaged, holds anything but plain numbers, or unpacks to far more than
            its size.
    """
    with open_archive(path, "numpy arrays", _TODO) as archive:
        members = archive.infolist()
        check_members(members)
        return {each.filename.removesuffix(_SUFFIX): _member(archive, each) for each in members}


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    if not member.filename.endswith(_SUFFIX):
        raise ValueError(f"its member {quoted(member.filename)} is no array")
    return _read(io.BytesIO(archive.read(member)), member.file_size)


def _read(stream: BinaryIO, size: int) -> np.ndarray:
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"its format is of version {version}")
    shape, is_fortran, kind = _HEADERS[version](stream)
    if kind.hasobject:
        raise ValueError("it holds Python objects, which are never unpickled")
    needed, left = math.prod(shape) * kind.itemsize, size - stream.tell()
    if any(type(side) is not int or side < 0 for side in shape) or needed > left:
        raise ValueError(f"it declares the shape {quoted(shape)} and has {left:,} bytes")
    flat = np.frombuffer(bytearray(stream.read(needed)), kind)
    return flat.reshape(shape[::-1]).T if is_fortran else flat.reshape(shape)
