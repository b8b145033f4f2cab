"""Write pickles that name globals without having them: the records of other people's programs."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from dynode.weights.safetensors_file import raw_bytes
from dynode.weights.torch_legacy import MAGIC_NUMBER, PROTOCOL_VERSION

if TYPE_CHECKING:
    from torch import Tensor

_STORAGES = {"float32": "FloatStorage", "float16": "HalfStorage", "float64": "DoubleStorage"}
_SYSTEM = {
    "protocol_version": PROTOCOL_VERSION,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


@dataclass(frozen=True, eq=False)
class GlobalName:
    """A global the reading program is to look up."""

    module: str
    name: str


@dataclass(frozen=True, eq=False)
class Call:
    """A call the reading program is to make; written once and referred to afterwards."""

    function: GlobalName
    arguments: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class PersistentId:
    """A reference to something beside the pickle."""

    value: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class StorageBytes:
    """A byte string that holds the elements of a tensor as torch's old container does."""

    tensor: Tensor


_ORDERED_DICT = GlobalName("collections", "OrderedDict")


def tensor_call(tensor: Tensor, *, is_parameter: bool) -> Call:
    """Describe a tensor the way torch pickles it outside of `torch.save`."""
    storage = Call(GlobalName("torch.storage", "_load_from_bytes"), (StorageBytes(tensor),))
    shape = tuple(tensor.shape)
    strides = tuple(tensor.contiguous().stride())
    hooks = Call(_ORDERED_DICT, ())
    data = Call(
        GlobalName("torch._utils", "_rebuild_tensor_v2"), (storage, 0, shape, strides, False, hooks)
    )
    if not is_parameter:
        return data
    return Call(GlobalName("torch._utils", "_rebuild_parameter"), (data, False, hooks))


class PickleWriter:
    """Writes values as one pickle of protocol 2, or 3 where byte strings occur.

    Args:
        stream: Where to; long byte strings go there without being copied together first.
        protocol: 2 or 3.
    """

    def __init__(self, stream: BinaryIO, protocol: int = 3) -> None:
        self._stream = stream
        self._protocol = protocol
        self._memo: dict[object, int] = {}
        self._kept: list[object] = []

    def dump(self, value: object) -> None:
        """Write one pickle."""
        self._put(pickle.PROTO, bytes([self._protocol]))
        self._save(value)
        self._put(pickle.STOP)

    def _put(self, *parts: bytes) -> None:
        self._stream.write(b"".join(parts))

    def _save(self, value: object) -> None:
        key = value if isinstance(value, str) else id(value)
        if isinstance(value, str | Call) and key in self._memo:
            self._put(pickle.LONG_BINGET, struct.pack("<I", self._memo[key]))
            return
        save = self._method(value)
        if save is None:
            raise TypeError(f"a {type(value).__name__} cannot be written to a pickle")
        save(value)
        if isinstance(value, str | Call):
            self._memo[key] = len(self._memo)
            self._kept.append(value)  # an id is only unique while its object lives
            self._put(pickle.LONG_BINPUT, struct.pack("<I", self._memo[key]))

    def _method(self, value: object) -> Callable[..., None] | None:
        methods: dict[type, Callable[..., None]] = {
            type(None): lambda _: self._put(pickle.NONE),
            bool: lambda flag: self._put(pickle.NEWTRUE if flag else pickle.NEWFALSE),
            int: self._integer,
            float: lambda number: self._put(pickle.BINFLOAT, struct.pack(">d", number)),
            str: self._text,
            tuple: self._tuple,
            list: self._list,
            dict: self._dict,
            GlobalName: self._global,
            Call: self._call,
            PersistentId: self._persistent,
            StorageBytes: self._storage,
        }
        return methods.get(type(value))

    def _integer(self, value: int) -> None:
        if -(2**31) <= value < 2**31:
            self._put(pickle.BININT, struct.pack("<i", value))
            return
        raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        self._put(pickle.LONG1, bytes([len(raw)]), raw)

    def _text(self, value: str) -> None:
        raw = value.encode()
        self._put(pickle.BINUNICODE, struct.pack("<I", len(raw)), raw)

    def _tuple(self, value: tuple[object, ...]) -> None:
        self._put(pickle.MARK)
        for item in value:
            self._save(item)
        self._put(pickle.TUPLE)

    def _list(self, value: list[object]) -> None:
        self._put(pickle.EMPTY_LIST, pickle.MARK)
        for item in value:
            self._save(item)
        self._put(pickle.APPENDS)

    def _dict(self, value: dict[object, object]) -> None:
        self._put(pickle.EMPTY_DICT, pickle.MARK)
        for key, item in value.items():
            self._save(key)
            self._save(item)
        self._put(pickle.SETITEMS)

    def _global(self, value: GlobalName) -> None:
        self._put(pickle.GLOBAL, f"{value.module}\n{value.name}\n".encode())

    def _call(self, value: Call) -> None:
        self._save(value.function)
        self._save(value.arguments)
        self._put(pickle.REDUCE)

    def _persistent(self, value: PersistentId) -> None:
        self._save(value.value)
        self._put(pickle.BINPERSID)

    def _storage(self, value: StorageBytes) -> None:
        head = _storage_head(value.tensor)
        data = raw_bytes(value.tensor)
        self._put(pickle.BINBYTES, struct.pack("<I", len(head) + len(data)), head)
        self._stream.write(data)


def _storage_head(tensor: Tensor) -> bytes:
    """Return what stands before the elements of one storage in torch's old container."""
    kind = GlobalName("torch", _STORAGES[str(tensor.dtype).removeprefix("torch.")])
    reference = PersistentId(("storage", kind, "0", "cpu", tensor.numel(), None))
    stream = io.BytesIO()
    for part in (MAGIC_NUMBER, PROTOCOL_VERSION, _SYSTEM, reference, ["0"]):
        PickleWriter(stream, protocol=2).dump(part)
    return stream.getvalue() + struct.pack("<q", tensor.numel())
