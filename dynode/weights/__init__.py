"""Weights files from strangers, read as data: torch `.pt`, NVIDIA `.pkl` and safetensors.

Use `open_weights` to look into a file and read single tensors, `read_tensors` for a whole small
one, and `write_safetensors` to write. Nothing a file names is imported or run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.weights.archive import (
        is_archive,
        open_archive,
        read_member,
    )
    from dynode.weights.budget import Budget
    from dynode.weights.calls import (
        Arguments,
        named,
        unexpected,
    )
    from dynode.weights.known_globals import (
        TORCH_NAMES,
        Attributes,
        StorageType,
    )
    from dynode.weights.opening import (
        OpenWeights,
        is_state_dict,
        open_weights,
        read_tensors,
    )
    from dynode.weights.pickle_instructions import (
        Discarded,
        Known,
        Names,
    )
    from dynode.weights.pickle_machine import PickleMachine
    from dynode.weights.pickle_writer import (
        Call,
        GlobalName,
        PickleWriter,
        tensor_call,
    )
    from dynode.weights.records import (
        PersistentRecord,
        persistent_record,
        plain_dict,
    )
    from dynode.weights.refusals import (
        corrupt,
        quoted,
        unsafe,
        unsupported,
    )
    from dynode.weights.safetensors_file import write_safetensors
    from dynode.weights.stored import (
        MemorySpan,
        Storage,
        StoredTensor,
        WeightsFile,
    )
    from dynode.weights.unwrapping import tensor_groups

__all__ = [
    "Arguments",
    "Attributes",
    "Budget",
    "Call",
    "Discarded",
    "GlobalName",
    "Known",
    "MemorySpan",
    "Names",
    "OpenWeights",
    "PersistentRecord",
    "PickleMachine",
    "PickleWriter",
    "Storage",
    "StorageType",
    "StoredTensor",
    "TORCH_NAMES",
    "WeightsFile",
    "corrupt",
    "is_archive",
    "is_state_dict",
    "named",
    "open_archive",
    "open_weights",
    "persistent_record",
    "plain_dict",
    "quoted",
    "read_member",
    "read_tensors",
    "tensor_call",
    "tensor_groups",
    "unexpected",
    "unsafe",
    "unsupported",
    "write_safetensors",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Arguments": "dynode.weights.calls",
        "Attributes": "dynode.weights.known_globals",
        "Budget": "dynode.weights.budget",
        "Call": "dynode.weights.pickle_writer",
        "Discarded": "dynode.weights.pickle_instructions",
        "GlobalName": "dynode.weights.pickle_writer",
        "Known": "dynode.weights.pickle_instructions",
        "MemorySpan": "dynode.weights.stored",
        "Names": "dynode.weights.pickle_instructions",
        "OpenWeights": "dynode.weights.opening",
        "PersistentRecord": "dynode.weights.records",
        "PickleMachine": "dynode.weights.pickle_machine",
        "PickleWriter": "dynode.weights.pickle_writer",
        "Storage": "dynode.weights.stored",
        "StorageType": "dynode.weights.known_globals",
        "StoredTensor": "dynode.weights.stored",
        "TORCH_NAMES": "dynode.weights.known_globals",
        "WeightsFile": "dynode.weights.stored",
        "corrupt": "dynode.weights.refusals",
        "is_archive": "dynode.weights.archive",
        "is_state_dict": "dynode.weights.opening",
        "named": "dynode.weights.calls",
        "open_archive": "dynode.weights.archive",
        "open_weights": "dynode.weights.opening",
        "persistent_record": "dynode.weights.records",
        "plain_dict": "dynode.weights.records",
        "quoted": "dynode.weights.refusals",
        "read_member": "dynode.weights.archive",
        "read_tensors": "dynode.weights.opening",
        "tensor_call": "dynode.weights.pickle_writer",
        "tensor_groups": "dynode.weights.unwrapping",
        "unexpected": "dynode.weights.calls",
        "unsafe": "dynode.weights.refusals",
        "unsupported": "dynode.weights.refusals",
        "write_safetensors": "dynode.weights.safetensors_file",
    },
)
