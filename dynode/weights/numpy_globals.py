"""The globals of numpy: element types, scalars and plain arrays."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from dynode.weights.calls import Arguments, checked_sizes, named, unexpected
from dynode.weights.encoded import EncodedSpan
from dynode.weights.pickle_instructions import Known, Names, Skipped
from dynode.weights.refusals import quoted, unsafe, unsupported
from dynode.weights.stored import (
    BYTES_PER_ELEMENT,
    FileSpan,
    MemorySpan,
    Storage,
    StoredTensor,
    WeightsFile,
    contiguous_strides,
)


@dataclass
class NumpyType:
    """A numpy element type."""

    dtype: str

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Check the byte order; the rest of the state belongs to record types."""
        if self.dtype not in BYTES_PER_ELEMENT:
            return
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", "|", "="):
            raise unsupported(
                file.path,
                f"it holds a numpy type with the state {quoted(state)}",
                "save its arrays as plain little-endian numbers",
            )


class NumpyArray:
    """A numpy array; `tensor` looks at its values in the file."""

    tensor: StoredTensor | None = None

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Take shape, type, order and data."""
        match state:
            case (int(), tuple() as shape, NumpyType() as kind, bool() as fortran, data) if (
                isinstance(data, FileSpan | MemorySpan | EncodedSpan)
            ):
                pass
            case _:
                raise unsafe(file.path, "its pickle holds a numpy array that is not plain numbers")
        if kind.dtype not in BYTES_PER_ELEMENT:
            return  # numbers that no weights are made of, such as the state of a random generator
        size = BYTES_PER_ELEMENT[kind.dtype]
        storage = Storage(file.path, kind.dtype, data.size // size)
        storage.place(data)
        sizes = checked_sizes(file, shape)
        strides = contiguous_strides(sizes[::-1])[::-1] if fortran else contiguous_strides(sizes)
        self.tensor = StoredTensor(storage, sizes, strides)


_NUMPY_TYPES = {
    "f8": "float64",
    "f4": "float32",
    "f2": "float16",
    "i8": "int64",
    "i4": "int32",
    "i2": "int16",
    "i1": "int8",
    "u1": "uint8",
    "b1": "bool",
}
_UNUSED_TYPES = "uicfMmSU"  # kinds of plain values that no weights are made of
_SCALARS = {
    "float64": "<d",
    "float32": "<f",
    "float16": "<e",
    "int64": "<q",
    "int32": "<i",
    "int16": "<h",
    "int8": "<b",
    "uint8": "<B",
    "bool": "<?",
}


def _numpy_type(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (str() as code, *_) if code.lstrip("<|=") in _NUMPY_TYPES:
            return NumpyType(_NUMPY_TYPES[code.lstrip("<|=")])
        case (str() as code, *_) if code.lstrip("<|=>")[:1] in _UNUSED_TYPES:
            return NumpyType(code)
        case (str() as code, *_):
            raise unsafe(file.path, f"its pickle holds numpy values of type {quoted(code)}")
    raise unexpected(file, "numpy.dtype")


def _numpy_scalar(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (NumpyType() as kind, FileSpan() | MemorySpan()) if kind.dtype not in _SCALARS:
            return Skipped(f"numpy.{kind.dtype}")
        case (NumpyType() as kind, FileSpan() | MemorySpan() as data):
            layout, raw = _SCALARS[kind.dtype], data.short_bytes()
            if len(raw) == struct.calcsize(layout):
                return struct.unpack(layout, raw)[0]
    raise unexpected(file, "numpy.core.multiarray.scalar")


def _numpy_array(file: WeightsFile, arguments: Arguments) -> object:
    if not arguments or arguments[0] is not _NDARRAY:
        raise unexpected(file, "numpy.core.multiarray._reconstruct")
    return NumpyArray()


def _numpy_buffer(file: WeightsFile, arguments: Arguments) -> object:
    """Make an array of protocol 5."""
    match arguments:
        case (data, NumpyType() as kind, tuple() as shape, "C" | "F" as order):
            array = NumpyArray()
            array.set_state(file, (1, shape, kind, order == "F", data))
            return array
    raise unexpected(file, "numpy.core.numeric._frombuffer")


def _not_called(file: WeightsFile, arguments: Arguments) -> object:
    raise unexpected(file, "numpy.ndarray")


_NDARRAY = Known("numpy.ndarray", _not_called)

NUMPY_NAMES: Names = {
    **named(
        ("numpy", "dtype", _numpy_type),
        ("numpy.core.multiarray", "scalar", _numpy_scalar),
        ("numpy._core.multiarray", "scalar", _numpy_scalar),
        ("numpy.core.multiarray", "_reconstruct", _numpy_array),
        ("numpy._core.multiarray", "_reconstruct", _numpy_array),
        ("numpy.core.numeric", "_frombuffer", _numpy_buffer),
        ("numpy._core.numeric", "_frombuffer", _numpy_buffer),
    ),
    ("numpy", "ndarray"): _NDARRAY,
}
"""What numpy's numbers and arrays are pickled with."""
