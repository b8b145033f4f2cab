"""Tensors that are still in their file: shape and type known, data read when asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from dynode.weights.budget import Budget
from dynode.weights.refusals import corrupt, quoted

if TYPE_CHECKING:
    from torch import Tensor

BYTES_PER_ELEMENT = {
    "float64": 8,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}
MOST_AXES = 16
_LONGEST_AXIS = 2**31


class WeightsFile:
    """An open file whose reads are checked against its size before anything is allocated.

    Attributes:
        path: Where it is.
        size: Its length in bytes.
        position: Offset of the next read.
        budget: What may still be made of it.
    """

    def __init__(self, path: Path, stream: BinaryIO, size: int) -> None:
        self.path = path
        self.size = size
        self.position = 0
        self.budget = Budget(path, size)
        self._stream = stream

    def seek(self, offset: int) -> None:
        """Continue reading at `offset`.

        Raises:
            CorruptCheckpointError: The file ends before.
        """
        if not 0 <= offset <= self.size:
            raise self.truncated()
        self._stream.seek(offset)
        self.position = offset

    def read(self, count: int) -> bytes:
        """Read exactly `count` bytes.

        Raises:
            CorruptCheckpointError: The file ends before.
        """
        if count > self.size - self.position:
            raise self.truncated()
        found = self._stream.read(count)
        if len(found) != count:
            raise self.truncated()
        self.position += count
        return found

    def read_at(self, offset: int, count: int) -> bytes:
        """Read exactly `count` bytes from `offset` on; the read position is kept."""
        before = self.position
        self.seek(offset)
        found = self.read(count)
        self.seek(before)
        return found

    def read_line(self, longest: int = 512) -> bytes:
        """Read up to and including a line feed, `longest` bytes at most."""
        line = self._stream.readline(longest)
        self.position += len(line)
        if not line.endswith(b"\n"):
            raise corrupt(self.path, "a name in it has no end, so it is truncated or damaged")
        return line

    def read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` from `offset` on; the read position is kept."""
        before = self.position
        self.seek(offset)
        done = 0
        while done < len(target):
            count = self._stream.readinto(target[done:])  # type: ignore[attr-defined]  # buffered
            if not count:
                raise self.truncated()
            done += count
        self.seek(before)

    def truncated(self) -> Exception:
        """Make the error for a file that ends too early."""
        return corrupt(
            self.path, f"it ends too early, after {self.size:,} bytes, so it is truncated"
        )


class Bytes(Protocol):
    """Raw bytes of known length, in a file or in memory."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    @property
    def budget(self) -> Budget:
        """What may still be made of the file they are from."""
        ...

    def read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` with the bytes from `offset` on."""
        ...


@dataclass(frozen=True)
class FileSpan:
    """A run of bytes of a file that has not been read."""

    file: WeightsFile
    offset: int
    size: int

    @property
    def budget(self) -> Budget:
        """See `Bytes.budget`."""
        return self.file.budget

    def read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` with the bytes from `offset` on, counted from the start of the span."""
        self.file.read_into(target, self.offset + offset)

    def short_bytes(self, longest: int = 64) -> bytes:
        """Read a span that must be short, such as one number."""
        if self.size > longest:
            raise corrupt(self.file.path, f"{self.size:,} bytes stand where one number belongs")
        found = bytearray(self.size)
        self.read_into(memoryview(found), 0)
        return bytes(found)


@dataclass(frozen=True)
class MemorySpan:
    """Bytes that a pickle wrote as text (old protocols), already in memory."""

    content: bytes = field(repr=False)
    budget: Budget = field(repr=False)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)

    def read_into(self, target: memoryview, offset: int) -> None:
        """Fill `target` with the bytes from `offset` on."""
        target[:] = self.content[offset : offset + len(target)]

    def short_bytes(self, longest: int = 64) -> bytes:
        """Return the content, which must be short."""
        return self.content[: longest + 1]


@dataclass
class Storage:
    """A flat run of elements that tensors look into.

    Attributes:
        path: The file it belongs to, for messages.
        dtype: A key of `BYTES_PER_ELEMENT`.
        count: Number of elements.
        data: Its bytes; None until they are found (the old container lists them at its end).
    """

    path: Path
    dtype: str
    count: int
    data: Bytes | None = None

    @property
    def bytes_needed(self) -> int:
        """Length of the data the declared elements take."""
        return self.count * BYTES_PER_ELEMENT[self.dtype]

    def place(self, data: Bytes) -> None:
        """Say where the elements are.

        Raises:
            CorruptCheckpointError: There is less data than the elements take.
        """
        if data.size < self.bytes_needed:
            raise corrupt(
                self.path,
                f"a storage declares {self.count:,} elements of {self.dtype}"
                f" and has {data.size:,} bytes",
            )
        self.data = data


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file; `read` gets its values.

    Attributes:
        storage: The elements it looks into.
        shape: Its shape.
        strides: Step between neighbours of each axis, in elements.
        offset: Its first element.
    """

    storage: Storage
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0

    def __post_init__(self) -> None:
        """Check that the declared view lies within the storage, before anything is allocated."""
        path, count = self.storage.path, self.storage.count
        sizes = (*self.shape, *self.strides, self.offset)
        sound = all(type(size) is int and 0 <= size <= _LONGEST_AXIS for size in sizes)
        if not sound or len(self.shape) != len(self.strides) or len(self.shape) > MOST_AXES:
            raise corrupt(path, f"a tensor has the impossible shape {quoted(self.shape)}")
        if math.prod(self.shape) > count or self.offset + self.span > count:
            raise corrupt(
                path,
                f"a tensor of shape {quoted(self.shape)} lies outside its storage of"
                f" {count:,} elements",
            )

    @property
    def dtype(self) -> str:
        """Name of the element type, such as `float32`."""
        return self.storage.dtype

    @property
    def span(self) -> int:
        """Number of elements between its first and its last, both included."""
        if 0 in self.shape:
            return 0
        pairs = zip(self.shape, self.strides, strict=True)
        return 1 + sum((size - 1) * stride for size, stride in pairs)

    @property
    def span_bytes(self) -> int:
        """Bytes that `read` takes from the file."""
        return self.span * BYTES_PER_ELEMENT[self.dtype]

    def read(self) -> Tensor:
        """Read the values into a new contiguous CPU tensor of the stored type.

        Raises:
            CorruptCheckpointError: The data is missing.
            UnsafeCheckpointError: The tensors read so far are together larger than the file.
        """
        import torch

        data = self.storage.data
        if data is None:
            raise corrupt(self.storage.path, "it declares a storage and lacks its data")
        data.budget.read(self.span_bytes)
        elements = torch.empty(self.span, dtype=getattr(torch, self.dtype))
        if self.span:
            raw = elements.view(torch.uint8).numpy().data
            data.read_into(raw, self.offset * BYTES_PER_ELEMENT[self.dtype])
        return torch.as_strided(elements, self.shape, self.strides).contiguous()


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of a row-major tensor."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
