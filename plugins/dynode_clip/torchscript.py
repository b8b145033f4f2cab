"""The tensors of a TorchScript archive, read without running the program it holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.weights import (
    TORCH_NAMES,
    Budget,
    Known,
    MemorySpan,
    PickleMachine,
    Storage,
    StorageType,
    StoredTensor,
    WeightsFile,
    is_archive,
    open_archive,
    quoted,
    read_member,
    unsafe,
)

if TYPE_CHECKING:
    from torch import Tensor

_LARGEST_PICKLE = 64 * 2**20
_MOST_LEVELS = 50
_LONGEST_NAME = 1_000
_KIND = ("a TorchScript archive", "it is damaged or incomplete: download or copy it again")


class _Record(dict[str, object]):
    """The attributes of a scripted module; its class, a program, is never looked at."""

    def set_state(self, file: WeightsFile, state: object) -> None:
        """Take the attributes."""
        if isinstance(state, dict):
            file.budget.copy(len(state))
        if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
            raise unsafe(file.path, "its pickle sets the state of a module to something else")
        self.update(state)


class _ScriptNames(Mapping[tuple[str, str], object]):
    """The globals of plain weights files, and any scripted class as a bare record."""

    _record = Known("module", lambda file, arguments: _Record())
    _same = Known("list", lambda file, arguments: arguments[0] if arguments else [])

    def __getitem__(self, key: tuple[str, str]) -> object:
        if key[0].split(".")[0] == "__torch__":
            return self._record
        if key[0] == "torch.jit._pickle" and key[1].startswith("build_"):
            return self._same
        return TORCH_NAMES[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(TORCH_NAMES)

    def __len__(self) -> int:
        return len(TORCH_NAMES)


def is_torchscript(path: Path) -> bool:
    """Tell whether a file is an archive that `torch.jit.save` wrote."""
    if not is_archive(path):
        return False
    with open_archive(path, *_KIND) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """Read parameters and buffers by their dotted names.

    Raises:
        CheckpointError: The archive is damaged, or its pickle asks for more than data needs.
    """
    with open_archive(path, *_KIND) as archive:
        size = path.stat().st_size
        return _Archive(path, archive, Budget(path, size), Budget(path, size)).tensors()


@dataclass(frozen=True)
class _Archive:
    """One open archive, and what its members and its tensors may cost."""

    path: Path
    archive: zipfile.ZipFile
    unpacked: Budget
    budget: Budget

    def tensors(self) -> dict[str, Tensor]:
        root = next(name for name in self.archive.namelist() if name.endswith("/constants.pkl"))
        folder = root.removesuffix("constants.pkl")
        pickled = self._read(f"{folder}data.pkl", _LARGEST_PICKLE)
        stream = WeightsFile(self.path, io.BytesIO(pickled), len(pickled))
        storages: dict[str, Storage] = {}

        def declare(persistent_id: object) -> Storage:
            match persistent_id:
                case ("storage", StorageType() as kind, str() as key, str(), int() as count):
                    pass
                case _:
                    raise unsafe(self.path, "its pickle refers to an object that is not a storage")
            if key not in storages:
                storages[key] = Storage(self.path, kind.dtype, count)
                content = self._read(f"{folder}data/{key}", storages[key].bytes_needed)
                storages[key].place(MemorySpan(content, self.budget))
            return storages[key]

        content = PickleMachine(stream, _ScriptNames(), persistent=declare).run()
        return dict(self._named(content, "", 0))

    def _read(self, name: str, most: int) -> bytes:
        size = self.archive.getinfo(name).file_size
        if size > most or size < 0:
            raise unsafe(
                self.path, f"its member {quoted(name)} takes {size:,} bytes, more than it declares"
            )
        self.unpacked.read(size)
        return read_member(self.archive, name)

    def _named(self, value: object, name: str, level: int) -> Iterator[tuple[str, Tensor]]:
        self.budget.step()
        if level > _MOST_LEVELS or len(name) > _LONGEST_NAME:
            raise unsafe(self.path, "its modules are nested without end")
        if isinstance(value, StoredTensor):
            yield name, value.read()
        elif isinstance(value, _Record):
            for key, part in value.items():
                yield from self._named(part, f"{name}.{key}" if name else key, level + 1)
