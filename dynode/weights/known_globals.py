"""The allow-list: every global that weights files name, and the plain data each one becomes here.

Nothing is imported on a file's word. A storage class becomes the name of an element type, an
`argparse.Namespace` a dictionary of its attributes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from dynode.weights.pickle_instructions import Known, Names, checked_key
from dynode.weights.refusals import corrupt, quoted, unsafe, unsupported
from dynode.weights.stored import (
    BYTES_PER_ELEMENT,
    MOST_AXES,
    FileSpan,
    MemorySpan,
    Storage,
    StoredTensor,
    WeightsFile,
    contiguous_strides,
)

Arguments = tuple[object, ...]


class Attributes(dict[str, object]):
    """The attributes of an object that carries only data, such as `argparse.Namespace`."""

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Take the attributes."""
        if isinstance(state, dict):
            file.budget.copy(len(state))
        if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
            raise unsafe(file.path, "its pickle sets the state of a Namespace to something else")
        self.update(state)


@dataclass(frozen=True)
class StorageType:
    """A storage class of torch."""

    dtype: str


@dataclass
class NumpyType:
    """A numpy element type."""

    dtype: str

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Check the byte order; the rest of the state belongs to record types."""
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
                isinstance(data, FileSpan | MemorySpan)
            ):
                pass
            case _:
                raise unsafe(file.path, "its pickle holds a numpy array that is not plain numbers")
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
_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
_PATHS = ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")


def checked_sizes(file: WeightsFile, value: object) -> tuple[int, ...]:
    """Check that a value is a short tuple or list of integers.

    Raises:
        CorruptCheckpointError: It is something else.
    """
    if isinstance(value, tuple | list) and len(value) <= MOST_AXES:
        sizes = tuple(size for size in value if type(size) is int)
        if len(sizes) == len(value):
            return sizes
    raise corrupt(file.path, f"a tensor has the impossible shape {quoted(value)}")


def unexpected(file: WeightsFile, name: str) -> Exception:
    """Make the error for a call of a known name with strange arguments."""
    return unsafe(file.path, f"its pickle calls {name} with arguments that data never has")


def _ordered_dict(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case ():
            return {}
        case (list() as pairs,):
            file.budget.copy(len(pairs))
            if all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
                return {checked_key(file, key): value for key, value in pairs}
    raise unexpected(file, "collections.OrderedDict")


def _plain_set(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (list() as items,):
            file.budget.copy(len(items))
            return {checked_key(file, item) for item in items}
    raise unexpected(file, "set")


def _no_bytes(file: WeightsFile, arguments: Arguments) -> object:
    """Protocol 2 writes an empty byte string as a call."""
    if arguments:
        raise unexpected(file, "bytes")
    return MemorySpan(b"", file.budget)


def _attributes(file: WeightsFile, arguments: Arguments) -> object:
    if arguments:
        raise unexpected(file, "argparse.Namespace")
    return Attributes()


def _path_text(file: WeightsFile, arguments: Arguments) -> object:
    parts = [part for part in arguments if isinstance(part, str)]
    if len(parts) != len(arguments):
        raise unexpected(file, "pathlib.Path")
    return _joined(file, "/", parts)


def _size(file: WeightsFile, arguments: Arguments) -> object:
    return checked_sizes(file, arguments[0] if len(arguments) == 1 else arguments)


def _device(file: WeightsFile, arguments: Arguments) -> object:
    return _joined(file, ":", [str(part) for part in arguments if isinstance(part, str | int)])


def _joined(file: WeightsFile, between: str, parts: list[str]) -> str:
    file.budget.make(sum(map(len, parts)))
    return between.join(parts)


def _encode(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (str() as text, "latin1" | "latin-1"):
            file.budget.make(len(text))
            try:
                return MemorySpan(text.encode("latin-1"), file.budget)
            except UnicodeEncodeError as error:
                raise corrupt(file.path, "its pickle holds damaged bytes") from error
    raise unexpected(file, "_codecs.encode")


def _tensor(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (Storage() as storage, int() as offset, size, stride, *_):
            return StoredTensor(
                storage, checked_sizes(file, size), checked_sizes(file, stride), offset
            )
    raise unexpected(file, "torch._utils._rebuild_tensor_v2")


def _parameter(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (StoredTensor() as data, *_):
            return data
    raise unexpected(file, "torch._utils._rebuild_parameter")


def _numpy_type(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (str() as code, *_) if code.lstrip("<|=") in _NUMPY_TYPES:
            return NumpyType(_NUMPY_TYPES[code.lstrip("<|=")])
        case (str() as code, *_):
            raise unsafe(file.path, f"its pickle holds numpy values of type {quoted(code)}")
    raise unexpected(file, "numpy.dtype")


def _numpy_scalar(file: WeightsFile, arguments: Arguments) -> object:
    match arguments:
        case (NumpyType() as kind, FileSpan() | MemorySpan() as data):
            layout, raw = _SCALARS[kind.dtype], data.short_bytes()
            if len(raw) == struct.calcsize(layout):
                return struct.unpack(layout, raw)[0]
    raise unexpected(file, "numpy.core.multiarray.scalar")


def _numpy_array(file: WeightsFile, arguments: Arguments) -> object:
    if not arguments or arguments[0] is not _NDARRAY:
        raise unexpected(file, "numpy.core.multiarray._reconstruct")
    return NumpyArray()


def _not_called(file: WeightsFile, arguments: Arguments) -> object:
    raise unexpected(file, "numpy.ndarray")


_NDARRAY = Known("numpy.ndarray", _not_called)


def named(*entries: tuple[str, str, Callable[[WeightsFile, Arguments], object]]) -> Names:
    """Build a part of an allow-list from (module, name, what a call makes)."""
    return {(module, name): Known(f"{module}.{name}", call) for module, name, call in entries}


SHARED_NAMES: Names = {
    **named(
        ("collections", "OrderedDict", _ordered_dict),
        ("builtins", "set", _plain_set),
        ("__builtin__", "set", _plain_set),
        ("__builtin__", "bytes", _no_bytes),
        ("_codecs", "encode", _encode),
        ("torch._utils", "_rebuild_tensor_v2", _tensor),
        ("torch._utils", "_rebuild_parameter", _parameter),
        ("numpy", "dtype", _numpy_type),
        ("numpy.core.multiarray", "scalar", _numpy_scalar),
        ("numpy._core.multiarray", "scalar", _numpy_scalar),
        ("numpy.core.multiarray", "_reconstruct", _numpy_array),
        ("numpy._core.multiarray", "_reconstruct", _numpy_array),
    ),
    ("numpy", "ndarray"): _NDARRAY,
}
"""Globals of both kinds of pickle: dictionaries, sets, tensors, numpy numbers."""

STORAGE_NAMES: Names = {("torch", name): StorageType(dtype) for name, dtype in _STORAGES.items()}
"""Globals of a torch container: the classes of its storages."""

TORCH_NAMES: Names = {
    **SHARED_NAMES,
    **STORAGE_NAMES,
    **named(
        ("argparse", "Namespace", _attributes),
        ("torch", "Size", _size),
        ("torch", "device", _device),
        *(("pathlib", name, _path_text) for name in _PATHS),
    ),
    **{("torch", name): f"torch.{name}" for name in BYTES_PER_ELEMENT},
}
"""Globals of a file that `torch.save` wrote: tensors, plain values, command-line options."""
