"""The container `torch.save` writes since torch 1.6: an uncompressed zip of a pickle and storages."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from dynode.weights.archive import directory_of
from dynode.weights.known_globals import StorageType
from dynode.weights.pickle_machine import PickleMachine
from dynode.weights.records import FILE_NAMES
from dynode.weights.refusals import corrupt, quoted, unsafe, unsupported
from dynode.weights.stored import FileSpan, Storage, WeightsFile

_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
_LARGEST_PICKLE = 64 * 2**20
_UNKNOWN = 0xFFFFFFFF


@dataclass(frozen=True)
class _Member:
    """One file of the archive, as its directory lists it."""

    name: str
    method: int
    packed: int
    size: int
    header: int


def read_zip(file: WeightsFile) -> object:
    """Read a torch zip file.

    Returns:
        The content, tensors still in the file.

    Raises:
        CheckpointError: It is damaged, unsafe or another kind of zip.
    """
    members = _members(file)
    root = _root(file, members)
    if any(name.startswith(f"{root}code/") or name == f"{root}constants.pkl" for name in members):
        raise unsafe(file.path, "it is a TorchScript archive, which holds a program")
    order = members.get(f"{root}byteorder")
    if order is not None and _read_small(file, order) != b"little":
        raise unsupported(
            file.path, "it was written on a big-endian machine", "save it again on another machine"
        )
    storages: dict[str, Storage] = {}

    def declare(persistent_id: object) -> Storage:
        match persistent_id:
            case ("storage", StorageType() as kind, str() as key, str(), int() as count):
                pass
            case _:
                raise unsafe(file.path, "its pickle refers to an object that is not a storage")
        if key not in storages:
            storages[key] = _storage(file, members, f"{root}data/{key}", kind.dtype, count)
        if (storages[key].dtype, storages[key].count) != (kind.dtype, count):
            raise corrupt(file.path, f"it declares storage {quoted(key)} in two ways")
        return storages[key]

    span = _stored(file, members[f"{root}data.pkl"])
    if span.size > _LARGEST_PICKLE:
        raise unsafe(file.path, f"the pickle in it takes {span.size:,} bytes")
    file.seek(span.offset)
    end = span.offset + span.size
    return PickleMachine(file, FILE_NAMES, end=end, persistent=declare).run()


def _root(file: WeightsFile, members: dict[str, _Member]) -> str:
    pickles = [name for name in members if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(pickles) == 1 and pickles[0].count("/") <= 1:
        return pickles[0].removesuffix("data.pkl")
    some = next(iter(members), "nothing")
    raise unsupported(
        file.path,
        f"it is a zip archive without torch content (it holds {quoted(some, 40)})",
        "unpack it if the weights are inside, or give the path of the weights",
    )


def _storage(
    file: WeightsFile, members: dict[str, _Member], name: str, dtype: str, count: int
) -> Storage:
    if name not in members:
        raise corrupt(file.path, f"the storage {quoted(name)} is missing in it")
    if count < 0:
        raise corrupt(file.path, f"it declares a storage of {count} elements")
    storage = Storage(file.path, dtype, count)
    storage.place(_stored(file, members[name]))
    return storage


def _read_small(file: WeightsFile, member: _Member) -> bytes:
    return _stored(file, member).short_bytes()


def _stored(file: WeightsFile, member: _Member) -> FileSpan:
    """Find the data of a member, which must be stored as it is."""
    if member.method != 0 or member.packed != member.size:
        raise unsafe(
            file.path,
            f"its member {quoted(member.name)} is compressed, which torch never does",
            "nothing of it was unpacked: unpack it and zip it again without compression",
        )
    local = file.read_at(member.header, 30)
    if local[:4] != _LOCAL:
        raise corrupt(file.path, f"its member {quoted(member.name)} is not where it should be")
    name_length, extra_length = struct.unpack_from("<HH", local, 26)
    start = member.header + 30 + int(name_length) + int(extra_length)
    if start + member.size > file.size:
        raise corrupt(file.path, f"its member {quoted(member.name)} lies outside of it")
    return FileSpan(file, start, member.size)


def _members(file: WeightsFile) -> dict[str, _Member]:
    raw = file.read_at(*directory_of(file))
    members: dict[str, _Member] = {}
    at = 0
    while at + 46 <= len(raw):
        member, at = _entry(file, raw, at)
        if member.name in members:
            raise unsafe(file.path, f"it holds {quoted(member.name)} twice")
        members[member.name] = member
    return members


def _entry(file: WeightsFile, raw: bytes, at: int) -> tuple[_Member, int]:
    if raw[at : at + 4] != _CENTRAL:
        raise corrupt(file.path, "its zip directory is damaged")
    method, packed, size = struct.unpack_from("<10xH8xII", raw, at)
    lengths = struct.unpack_from("<3H", raw, at + 28)
    header = struct.unpack_from("<I", raw, at + 42)[0]
    name_end = at + 46 + lengths[0]
    extra = raw[name_end : name_end + lengths[1]]
    size, packed, header = _long_fields(extra, [size, packed, header])
    name = raw[at + 46 : name_end].decode("utf-8", "replace")
    return _Member(name, method, packed, size, header), name_end + lengths[1] + lengths[2]


def _long_fields(extra: bytes, fields: list[int]) -> list[int]:
    """Replace the fields that do not fit in 32 bits by those of the zip64 entry."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            body = extra[at + 4 : at + 4 + length]
            longs = iter(struct.unpack_from(f"<{len(body) // 8}Q", body))
            return [next(longs, value) if value == _UNKNOWN else value for value in fields]
        at += 4 + length
    return fields
