"""Read a file of arrays of any container into plain tensors; nothing in it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode.errors import DirectionFileError, UsageError
from dynode.weights import PersistentRecord, StoredTensor, open_weights, read_tensors
from dynode.weights.archive import first_member
from dynode.weights.numpy_file import read_array, read_arrays

Pick = Callable[[object], object]
"""Picks what is to be read of a checkpoint; None says that it is nobody's."""

_NUMPY = b"\x93NUMPY"
_HEAD = 512
_NETWORKS = ("g_ema", "g", "d", "G_ema", "G", "D", "generator")
_PARAMETERS = (".weight", ".bias", "synthesis.b4.const", "input.input")


def read_content(path: Path, picks: Iterable[Pick] = ()) -> object:
    """Read a file.

    Args:
        path: `.npy`, `.npz`, a file of `torch.save` with any suffix or none, or safetensors.
        picks: Pick what is to be read of a checkpoint; see `Format.pick`.

    Returns:
        A tensor, or dictionaries and lists of tensors and plain values.

    Raises:
        DirectionFileError: It is a checkpoint, or already one of dynode's own files.
        CheckpointError: It is damaged, unsafe or of another kind.
        UsageError: There is no such file.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be opened: {error.strerror}; give the path of the file that was published"
        ) from error
    if head.startswith(_NUMPY):
        return _as_tensor(path, read_array(path))
    if first_member(head).endswith(".npy"):
        return {name: _as_tensor(path, array) for name, array in read_arrays(path).items()}
    return _read_weights(path, picks)


def _as_tensor(path: Path, array: np.ndarray) -> Tensor:
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise DirectionFileError(
            f"{path.name} holds values of type {array.dtype}; expected real numbers; convert them first"
        )
    native = array.dtype.newbyteorder("=")
    return torch.from_numpy(np.ascontiguousarray(array, dtype=native).reshape(array.shape))


def _read_weights(path: Path, picks: Iterable[Pick]) -> object:
    with open_weights(path) as weights:
        own = weights.metadata.get("format", "")
        if own.startswith("dynode."):
            raise DirectionFileError(
                f"{path.name} is one of dynode's own files ({own}); it needs no importing: use it as it is"
            )
        for pick in picks:
            if (picked := pick(weights.content)) is not None:
                return _read_picked(picked)
        _refuse_checkpoint(path, weights.content)
    return read_tensors(path)


def _read_picked(content: object) -> object:
    """Read the tensors that are left in a part of a file."""
    match content:
        case StoredTensor():
            return content.read()
        case dict():
            return {key: _read_picked(value) for key, value in content.items()}
        case list() | tuple():
            return [_read_picked(value) for value in content]
    return content


def _refuse_checkpoint(path: Path, content: object) -> None:
    is_network = isinstance(content, PersistentRecord)
    if isinstance(content, dict):
        is_network = is_network or any(isinstance(v, PersistentRecord) for v in content.values())
        named = any(isinstance(content.get(key), dict) for key in _NETWORKS)
        is_network = is_network or named or any(str(key).endswith(_PARAMETERS) for key in content)
        if isinstance(state := content.get("state_dict"), dict):
            parts = sorted({str(key).split(".")[0] for key in state})
            raise DirectionFileError(
                f"{path.name} is a checkpoint of {', '.join(parts[:4])}; expected a direction; if it is an "
                f"encoder, pass it to an inverter"
            )
    if is_network:
        raise DirectionFileError(
            f"{path.name} is a checkpoint of a network; expected a direction; pass it to --generator"
        )
