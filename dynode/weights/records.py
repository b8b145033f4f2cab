"""Modules as the NVIDIA networks pickle them: records, their source text ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dynode.weights.calls import Arguments, named, unexpected
from dynode.weights.known_globals import TORCH_NAMES
from dynode.weights.pickle_instructions import Names
from dynode.weights.refusals import unsafe
from dynode.weights.skipped import with_skipped
from dynode.weights.stored import StoredTensor, WeightsFile

_MOST_MODULES = 10_000
_MOST_LEVELS = 20
_LONGEST_NAME = 1_000


@dataclass
class PersistentRecord:
    """A module as the NVIDIA networks pickle it: its class's name and its state, no code.

    Attributes:
        class_name: Name of its class in the source text, which is ignored.
        state: Its attributes.
        path: The file, for messages.
    """

    class_name: str
    state: dict[str, object] = field(repr=False)
    path: Path = field(repr=False)

    def part(self, name: str) -> dict[str, object]:
        """Return a dictionary of its state, such as `_buffers`; empty if there is none."""
        found = self.state.get(name)
        return found if isinstance(found, dict) else {}

    def tensors(self) -> dict[str, StoredTensor]:
        """List its parameters and buffers under the names of its state dict.

        Raises:
            UnsafeCheckpointError: It has more modules than any network, as records that share theirs.
        """
        found: dict[str, StoredTensor] = {}
        waiting, count = [("", self, 0)], 0
        while waiting:
            prefix, record, level = waiting.pop()
            count += 1
            if count > _MOST_MODULES or level > _MOST_LEVELS or len(prefix) > _LONGEST_NAME:
                raise unsafe(self.path, "its modules are nested or repeated without end")
            for key, value in (record.part("_parameters") | record.part("_buffers")).items():
                if isinstance(value, StoredTensor):
                    found[f"{prefix}{key}"] = value
            children = [
                (f"{prefix}{name}.", child, level + 1)
                for name, child in record.part("_modules").items()
                if isinstance(child, PersistentRecord)
            ]
            waiting += reversed(children)
        return found


def plain_dict(file: WeightsFile, arguments: Arguments) -> object:
    """Make the dictionary an `EasyDict` is: empty, or what it was made of."""
    match arguments:
        case ():
            return {}
        case (dict() as items,):
            file.budget.copy(len(items))
            return dict(items)
    raise unexpected(file, "dnnlib.util.EasyDict")


def persistent_record(file: WeightsFile, arguments: Arguments) -> object:
    """Make the record of a module that was pickled with its source text."""
    match arguments:
        case ({"type": "class", "class_name": str() as name, "state": dict() as state},):
            return PersistentRecord(name, state, file.path)
    raise unexpected(file, "torch_utils.persistence._reconstruct_persistent_obj")


RECORD_NAMES: Names = named(
    ("torch_utils.persistence", "_reconstruct_persistent_obj", persistent_record),
    ("dnnlib.util", "EasyDict", plain_dict),
)
"""Globals of a record; the tensors in it are of its container."""

FILE_NAMES: Names = with_skipped({**TORCH_NAMES, **RECORD_NAMES})
"""Globals of a file that `torch.save` wrote, of records too (pivotal tuning saves them so)."""
