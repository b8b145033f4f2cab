"""Weights files from strangers, read as data: torch `.pt`, NVIDIA `.pkl` and safetensors.

Use `open_weights` to look into a file and read single tensors, `read_tensors` for a whole small
one, and `write_safetensors` to write. Nothing a file names is imported or run.
"""

from __future__ import annotations

from dynode.weights.opening import OpenWeights, is_state_dict, open_weights, read_tensors
from dynode.weights.records import PersistentRecord
from dynode.weights.safetensors_file import write_safetensors
from dynode.weights.stored import StoredTensor

__all__ = [
    "OpenWeights",
    "PersistentRecord",
    "StoredTensor",
    "is_state_dict",
    "open_weights",
    "read_tensors",
    "write_safetensors",
]
