"""The container `torch.save` wrote before torch 1.6: five pickles, then the storages one by one.

The NVIDIA pickles hold one such stream per storage.
"""

from __future__ import annotations

import io

from dynode.weights.encoded import EncodedSpan, PartSpan
from dynode.weights.known_globals import STORAGE_NAMES, StorageType
from dynode.weights.pickle_instructions import Known, Names
from dynode.weights.pickle_machine import PickleMachine
from dynode.weights.records import FILE_NAMES
from dynode.weights.refusals import corrupt, unsafe, unsupported
from dynode.weights.stored import FileSpan, MemorySpan, Storage, WeightsFile

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
_COST = 150  # of a stream within a pickle, in instructions: it takes as long
MAGIC_BYTES = MAGIC_NUMBER.to_bytes(10, "little")


class _Storages:
    """The storages a stream declares, by key."""

    def __init__(self, file: WeightsFile) -> None:
        self._file = file
        self.found: dict[str, Storage] = {}

    def declare(self, persistent_id: object) -> object:
        match persistent_id:
            case ("module", Known() as kind, _, _):  # with the source text of its class
                return kind
            case ("storage", StorageType() as kind, str() as key, str(), int() as count, None):
                pass
            case ("storage", StorageType(), str(), str(), int(), tuple()):
                raise unsupported(
                    self._file.path,
                    "it was written by a torch older than 0.4",
                    "load it with that torch and save it again",
                )
            case _:
                raise unsafe(
                    self._file.path, "its pickle refers to an object that is not a storage"
                )
        storage = self.found.setdefault(key, Storage(self._file.path, kind.dtype, count))
        if (storage.dtype, storage.count) != (kind.dtype, count) or count < 0:
            raise corrupt(self._file.path, f"it declares a storage of {count:,} elements")
        if storage.bytes_needed > self._file.size:
            raise self._file.truncated()
        return storage

    def place(self, keys: object, end: int) -> None:
        mismatch = corrupt(self._file.path, "its list of storages does not match its tensors")
        if not isinstance(keys, list) or len(keys) != len(self.found):
            raise mismatch
        for key in keys:
            if not isinstance(key, str) or key not in self.found:
                raise mismatch
            self._place_one(self.found[key], end)

    def _place_one(self, storage: Storage, end: int) -> None:
        count = int.from_bytes(self._file.read(8), "little")
        start = min(self._file.position, end)
        if count != storage.count:
            raise corrupt(
                self._file.path, f"a storage of {storage.count:,} elements holds {count:,}"
            )
        if storage.bytes_needed > end - start:
            raise self._file.truncated()
        storage.place(FileSpan(self._file, start, storage.bytes_needed))
        self._file.seek(start + storage.bytes_needed)


def read_legacy(
    file: WeightsFile, *, end: int | None = None, names: Names = FILE_NAMES
) -> tuple[object, dict[str, Storage]]:
    """Read a stream from the file's position.

    Args:
        file: The open file, positioned at the stream.
        end: Where the stream ends; None for the end of the file.
        names: The globals that may occur.

    Returns:
        The content, tensors still in the file, and the storages by key.

    Raises:
        CheckpointError: It is damaged, unsafe or not such a stream.
    """
    limit = file.size if end is None else end
    storages = _Storages(file)
    magic, protocol, system = (PickleMachine(file, {}, end=limit).run() for _ in range(3))
    if magic != MAGIC_NUMBER or protocol != PROTOCOL_VERSION or not isinstance(system, dict):
        raise corrupt(file.path, "it starts like a torch file and does not go on like one")
    if system.get("little_endian") is not True:
        raise unsupported(
            file.path, "it was written on a big-endian machine", "save it again on another machine"
        )
    content = PickleMachine(file, names, end=limit, persistent=storages.declare).run()
    storages.place(PickleMachine(file, {}, end=limit).run(), limit)
    return content, storages.found


def load_storage(file: WeightsFile, arguments: tuple[object, ...]) -> object:
    """Stand in for `torch.storage._load_from_bytes`: find one storage in a byte string.

    Raises:
        CheckpointError: The byte string is not a stream of one storage.
    """
    match arguments:
        case (FileSpan() as span,):
            pass
        case (EncodedSpan() | MemorySpan() as text,):
            return _load_encoded(file, text)
        case _:
            raise unsafe(file.path, "its pickle calls torch.storage._load_from_bytes without bytes")
    file.budget.step(_COST)
    before = file.position
    file.seek(span.offset)
    content, _ = read_legacy(file, end=span.offset + span.size, names=STORAGE_NAMES)
    file.seek(before)
    if not isinstance(content, Storage):
        raise corrupt(file.path, "a byte string in it holds something else than a storage")
    return content


def _load_encoded(file: WeightsFile, text: EncodedSpan | MemorySpan) -> Storage:
    """Find one storage in bytes that protocol 2 wrote as a text."""
    raw = text.decoded() if isinstance(text, EncodedSpan) else text.content
    inner = WeightsFile(file.path, io.BytesIO(raw), len(raw))
    found = load_storage(inner, (FileSpan(inner, 0, len(raw)),))
    assert isinstance(found, Storage)
    if isinstance(found.data, FileSpan):  # its values are decoded again when they are asked for
        found.data = PartSpan(text, found.data.offset, found.data.size)
    return found
