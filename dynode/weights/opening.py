"""Open a weights file of any container; its kind is found from the content, not from its name."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from dynode.errors import CheckpointError, MissingWeightsError
from dynode.files import reading
from dynode.weights.foreign import explain_foreign
from dynode.weights.numpy_globals import NumpyArray
from dynode.weights.nvidia_pickle import read_nvidia_pickle
from dynode.weights.pickle_instructions import Names, Skipped
from dynode.weights.refusals import corrupt, quoted, shown, unsafe, unsupported
from dynode.weights.safetensors_file import header_size, read_safetensors
from dynode.weights.stored import StoredTensor, WeightsFile
from dynode.weights.torch_legacy import MAGIC_BYTES, read_legacy
from dynode.weights.torch_zip import read_zip

_HEAD = 4096
_MOST_LEVELS = 100
_MOST_VALUES = 1_000_000
# First bytes of pickles of protocol 0 and 1, which have no header.
_OLD_PICKLES = (b"c", b"(", b"]", b"}q", b"}.", b"ccopy_reg", b"i")


@dataclass(frozen=True)
class OpenWeights:
    """A weights file with its tensors still in it; valid while the file is open.

    Attributes:
        path: Where it is.
        container: `torch-zip`, `torch-legacy`, `pickle` or `safetensors`.
        content: What it holds: dictionaries, lists, plain values, `StoredTensor`,
            `PersistentRecord`.
        metadata: Text stored beside the tensors (safetensors only).
        size: Length of the file in bytes.
    """

    path: Path
    container: str
    content: object
    metadata: dict[str, str] = field(default_factory=dict)
    size: int = 0


@contextlib.contextmanager
def open_weights(path: str | Path, *, names: Names | None = None) -> Iterator[OpenWeights]:
    """Open a weights file without running or importing anything it names.

    Args:
        path: A file written by `torch.save` (either container), an NVIDIA `.pkl` or safetensors.
        names: Further globals a `.pkl` of a family of networks may hold, and the data each becomes;
            see `dynode.weights.known_globals`.

    Yields:
        Its content; tensors are read one by one with `StoredTensor.read`.

    Raises:
        MissingWeightsError: There is no such file.
        CorruptCheckpointError: It is truncated, damaged, or not a weights file at all.
        UnsafeCheckpointError: It asks for more than data needs.
        UnsupportedCheckpointError: It is a kind of file that is not read.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise corrupt(path, "it is not a file", "give the path of the weights file itself")
        stream = path.open("rb")
    except OSError as error:
        raise MissingWeightsError(
            f"{shown(path)} cannot be opened: {error.strerror or error}; check the path"
        ) from error
    with stream, reading(path, "weights", "download or copy it again"):
        yield _read(WeightsFile(path, stream, status.st_size), names)


def _read(file: WeightsFile, names: Names | None = None) -> OpenWeights:
    head = file.read_at(0, min(_HEAD, file.size))
    metadata: dict[str, str] = {}
    content: object
    if header_size(head) is not None:  # first: its length may begin with any byte
        container = "safetensors"
        content, metadata = read_safetensors(file)
    elif head.startswith(b"PK"):
        container, content = "torch-zip", read_zip(file)
    elif head[:1] == b"\x80" and MAGIC_BYTES in head[:32]:
        container, content = "torch-legacy", read_legacy(file)[0]
    elif head[:1] == b"\x80" or head.startswith(_OLD_PICKLES):
        container, content = "pickle", read_nvidia_pickle(file, names)
    else:
        raise explain_foreign(file.path, head)
    return OpenWeights(file.path, container, content, metadata, file.size)


def read_tensors(path: str | Path) -> object:
    """Read a whole file of tensors and plain values, such as a direction or an encoder.

    Args:
        path: As for `open_weights`.

    Returns:
        The content with torch tensors (numpy arrays become tensors too) in new containers. A
        tensor or container that occurs several times is read once and shared.

    Raises:
        CheckpointError, MissingWeightsError: As for `open_weights`.
    """
    with open_weights(path) as weights:
        return _Loading(weights).load(weights.content, 0)


class _Loading:
    """One pass over a content; whatever was met before is reused."""

    def __init__(self, weights: OpenWeights) -> None:
        self._weights = weights
        self._known: dict[int, object] = {}

    def load(self, value: object, level: int) -> object:
        if isinstance(value, str | int | float | None):
            return value
        if id(value) in self._known:
            return self._known[id(value)]
        if level > _MOST_LEVELS or len(self._known) > _MOST_VALUES:
            raise unsafe(self._weights.path, "its content is nested without end")
        self._known[id(value)] = loaded = self._make(value, level)
        return loaded

    def _make(self, value: object, level: int) -> object:
        deeper: Callable[[object], object] = lambda item: self.load(item, level + 1)  # noqa: E731
        match value:
            case NumpyArray(tensor=StoredTensor() as stored):
                return stored.read()
            case StoredTensor():
                return value.read()
            case dict():
                kept = {k: item for k, item in value.items() if not is_skipped(item)}
                return {key: deeper(item) for key, item in kept.items()}
            case list():
                return [deeper(item) for item in value]
            case tuple():
                return tuple(deeper(item) for item in value)
            case set() | frozenset():
                return value
        if isinstance(value, Skipped):
            raise asked_for(self._weights.path, value)
        raise unsupported(
            self._weights.path,
            f"it holds a {type(value).__name__} among its values",
            "give a file of tensors, or read this one as a checkpoint",
        )


def is_skipped(value: object) -> bool:
    """Tell whether a value stands for an object that nobody needs."""
    is_odd_array = isinstance(value, NumpyArray) and value.tensor is None
    return is_odd_array or isinstance(value, Skipped)


def asked_for(path: Path, value: Skipped) -> CheckpointError:
    """Make the error for an object that would be needed and was not built."""
    return unsafe(
        path,
        f"its pickle asks for {quoted(value.name)}, which is not on the list of names that"
        " data needs",
    )


def is_state_dict(value: object) -> TypeGuard[Mapping[str, StoredTensor]]:
    """Tell whether a content is a dictionary of named tensors."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(key, str) for key in value)
        and all(isinstance(item, StoredTensor) for item in value.values())
    )
