"""The allow-list: every global that weights files name, and the plain data each one becomes here.

Nothing is imported on a file's word. A storage class becomes the name of an element type, an
`argparse.Namespace` a dictionary of its attributes.
"""

from __future__ import annotations

from dataclasses import dataclass

from dynode.weights.calls import Arguments, checked_sizes, named, unexpected
from dynode.weights.encoded import EncodedSpan, LongText
from dynode.weights.numpy_globals import NUMPY_NAMES
from dynode.weights.pickle_instructions import Names, checked_key
from dynode.weights.refusals import corrupt, unsafe
from dynode.weights.stored import (
    BYTES_PER_ELEMENT,
    MemorySpan,
    Storage,
    StoredTensor,
    WeightsFile,
)


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
_PATH_MODULES = ("pathlib", "pathlib._local")
_PATHS = ("Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")


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
        case (LongText() as long, "latin1" | "latin-1"):
            return EncodedSpan(long)
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


SHARED_NAMES: Names = {
    **NUMPY_NAMES,
    **named(
        ("collections", "OrderedDict", _ordered_dict),
        ("builtins", "set", _plain_set),
        ("__builtin__", "set", _plain_set),
        ("__builtin__", "bytes", _no_bytes),
        ("_codecs", "encode", _encode),
        ("torch._utils", "_rebuild_tensor_v2", _tensor),
        ("torch._utils", "_rebuild_parameter", _parameter),
    ),
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
        *((module, name, _path_text) for module in _PATH_MODULES for name in _PATHS),
    ),
    **{("torch", name): f"torch.{name}" for name in BYTES_PER_ELEMENT},
}
"""Globals of a file that `torch.save` wrote: tensors, plain values, command-line options."""
