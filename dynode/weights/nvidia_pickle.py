"""The pickles of the NVIDIA networks: modules as records, their source text ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dynode.weights.known_globals import SHARED_NAMES, Arguments, named, unexpected
from dynode.weights.pickle_instructions import Names
from dynode.weights.pickle_machine import PickleMachine
from dynode.weights.refusals import unsafe, unsupported
from dynode.weights.stored import StoredTensor, WeightsFile
from dynode.weights.torch_legacy import load_storage

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


def read_nvidia_pickle(file: WeightsFile, names: Names | None = None) -> object:
    """Read a plain pickle from the file's position.

    Args:
        file: The open file.
        names: Further globals that may occur, of a family of networks.

    Returns:
        The content: usually a dict of `PersistentRecord`, tensors still in the file.

    Raises:
        CheckpointError: It is damaged, unsafe or a TensorFlow pickle.
    """
    return PickleMachine(file, {**PICKLE_NAMES, **(names or {})}).run()


def plain_dict(file: WeightsFile, arguments: Arguments) -> object:
    """Make the dictionary an `EasyDict` is: empty, or what it was made of."""
    match arguments:
        case ():
            return {}
        case (dict() as items,):
            return dict(items)
    raise unexpected(file, "dnnlib.util.EasyDict")


def persistent_record(file: WeightsFile, arguments: Arguments) -> object:
    """Make the record of a module that was pickled with its source text."""
    match arguments:
        case ({"type": "class", "class_name": str() as name, "state": dict() as state},):
            return PersistentRecord(name, state, file.path)
    raise unexpected(file, "torch_utils.persistence._reconstruct_persistent_obj")


def _tensorflow(file: WeightsFile, arguments: Arguments) -> object:
    raise unsupported(
        file.path,
        "it is a TensorFlow StyleGAN2 pickle (dnnlib.tflib)",
        "convert it with 'legacy.py' of stylegan2-ada-pytorch and give the new file",
    )


PICKLE_NAMES: Names = {
    **SHARED_NAMES,
    **named(
        ("torch_utils.persistence", "_reconstruct_persistent_obj", persistent_record),
        ("dnnlib.util", "EasyDict", plain_dict),
        ("torch.storage", "_load_from_bytes", load_storage),
        ("dnnlib.tflib.network", "Network", _tensorflow),
    ),
}
"""Globals of the NVIDIA pickles."""
