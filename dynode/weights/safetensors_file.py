"""The safetensors container: a JSON header, then the tensors one after the other."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.files import written
from dynode.weights.refusals import corrupt, quoted, unsafe, unsupported
from dynode.weights.stored import (
    BYTES_PER_ELEMENT,
    FileSpan,
    Storage,
    StoredTensor,
    WeightsFile,
    contiguous_strides,
)

if TYPE_CHECKING:
    from torch import Tensor

_LARGEST_HEADER = 32 * 2**20
_TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


def header_size(head: bytes) -> int | None:
    """Return the header's length if the first bytes of a file look like safetensors."""
    if len(head) > 8 and head[8:9] == b"{" and head[9:].lstrip()[:1] in (b'"', b"}"):
        return int.from_bytes(head[:8], "little")
    return None


def read_safetensors(file: WeightsFile) -> tuple[dict[str, StoredTensor], dict[str, str]]:
    """Read the header.

    Returns:
        The tensors by name, still in the file, and the metadata.

    Raises:
        CheckpointError: The header is damaged or contradicts the file's size.
    """
    size = int.from_bytes(file.read_at(0, 8), "little")
    if size > file.size - 8:
        raise file.truncated()
    if size > _LARGEST_HEADER:
        raise unsafe(file.path, f"its header takes {size:,} bytes")
    header = _parsed(file, file.read_at(8, size))
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise corrupt(file.path, "its metadata is not text")
    return {key: _tensor(file, key, entry, 8 + size) for key, entry in header.items()}, metadata


def _parsed(file: WeightsFile, text: bytes) -> dict[str, object]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise corrupt(file.path, "its safetensors header is damaged") from error
    if not isinstance(header, dict):
        raise corrupt(file.path, "its safetensors header is damaged")
    return header


def _tensor(file: WeightsFile, key: str, entry: object, start: int) -> StoredTensor:
    match entry:
        case {
            "dtype": str() as kind,
            "shape": [*sizes],
            "data_offsets": [int() as first, int() as last],
        } if all(type(size) is int for size in sizes):
            pass
        case _:
            raise corrupt(file.path, f"its entry {quoted(key)} is damaged")
    if kind not in _TYPES:
        raise unsupported(
            file.path, f"{quoted(key)} has the element type {quoted(kind)}", "save it as float32"
        )
    shape = tuple(sizes)
    count = math.prod(shape)
    if not 0 <= first <= last <= file.size - start:
        raise file.truncated()
    if count * BYTES_PER_ELEMENT[_TYPES[kind]] != last - first:
        raise corrupt(
            file.path,
            f"{quoted(key)} declares the shape {quoted(shape)} and has {last - first:,} bytes",
        )
    storage = Storage(file.path, _TYPES[kind], count)
    storage.place(FileSpan(file, start + first, last - first))
    return StoredTensor(storage, shape, contiguous_strides(shape))


def write_safetensors(
    tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]
) -> None:
    """Write a file atomically; the same content always gives the same bytes.

    Args:
        tensors: What to write; one tensor at a time is brought to the CPU.
        path: Where to; replaced if it exists.
        metadata: Text stored in the header.
    """
    names = {dtype: code for code, dtype in _TYPES.items()}
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for key, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        kind = names[str(tensor.dtype).removeprefix("torch.")]
        offsets = [end, end + size]
        header[key] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": offsets}
        end += size
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with written(path) as temporary, temporary.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            stream.write(raw_bytes(tensor))


def raw_bytes(tensor: Tensor) -> memoryview:
    """Return the little-endian bytes of a tensor, row-major."""
    import torch

    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data if flat.numel() else memoryview(b"")
