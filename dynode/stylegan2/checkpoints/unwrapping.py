"""From a file's content to the networks in it: one stage for every layout and wrapper."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from dynode.weights import OpenWeights, PersistentRecord, StoredTensor
from dynode.weights.budget import Budget
from dynode.weights.stored import MemorySpan, Storage, contiguous_strides
from dynode.weights.unwrapping import TensorGroup, as_stored, tensor_groups

MEAN_NAMES = ("latent_avg", "mean_latent", "latent_mean", "dlatent_avg", "w_avg")
_WRAPPERS = ("module", "_orig_mod", "state_dict", "model_state_dict", "model", "params")
_TRAINED = ("g", "generator", "netg", "net_g", "decoder")


@dataclass(frozen=True)
class FoundNetwork:
    """The tensors of one network, under the names of its layout.

    Attributes:
        label: What the file calls it, wrappers left out; empty for a bare state dict.
        tensors: Its tensors.
        record: The module they are the state of, where the file says so.
        mean: The mean code that lies beside or among them, None if there is none.
    """

    label: str
    tensors: Mapping[str, StoredTensor]
    record: PersistentRecord | None
    mean: StoredTensor | None


def found_networks(weights: OpenWeights, anchor: str) -> list[FoundNetwork]:
    """Find the networks that have a tensor of a name, the averaged ones first.

    Args:
        weights: The open file.
        anchor: Name of a tensor that only this kind of network of this layout has.
    """
    found = [
        _network(weights, group, beginning, anchor)
        for group in tensor_groups(weights.content)
        for beginning in group.beginnings(anchor)
    ]
    return sorted(found, key=lambda network: _rank(network.label))  # stable: file order otherwise


def _network(weights: OpenWeights, group: TensorGroup, beginning: str, anchor: str) -> FoundNetwork:
    tensors = group.under(beginning)
    among: dict[object, object] = {
        name: tensors.pop(name) for name in MEAN_NAMES if name in tensors
    }
    places: list[Mapping[object, object]] = [among, *group.around]
    mean = next((m for place in places if (m := _mean_in(weights, place)) is not None), None)
    parts = [*group.names, *beginning.split(".")]
    label = ".".join(part for part in parts if part and part not in _WRAPPERS)
    return FoundNetwork(label, tensors, group.record, mean)


def _mean_in(weights: OpenWeights, place: Mapping[object, object]) -> StoredTensor | None:
    values = [place[name] for name in MEAN_NAMES if name in place]
    made = (as_stored(value) or _from_numbers(weights, value) for value in values)
    return next((mean for mean in made if mean is not None), None)


def _from_numbers(weights: OpenWeights, value: object) -> StoredTensor | None:
    """Make a tensor of a list of numbers, or of lists of them."""
    if not isinstance(value, list) or not value:
        return None
    rows = [row for row in value if isinstance(row, list)]
    if rows and (len(rows) < len(value) or any(len(row) != len(rows[0]) for row in rows)):
        return None
    numbers = [number for row in rows for number in row] if rows else value
    if not numbers or not all(isinstance(number, int | float) for number in numbers):
        return None
    data = MemorySpan(
        struct.pack(f"<{len(numbers)}d", *map(float, numbers)), Budget(weights.path, weights.size)
    )
    shape = (len(rows), len(rows[0])) if rows else (len(numbers),)
    storage = Storage(weights.path, "float64", len(numbers))
    storage.place(data)
    return StoredTensor(storage, shape, contiguous_strides(shape))


def _rank(label: str) -> int:
    """Order networks by their names: averaged ones, then plain generators, then others."""
    parts = label.lower().split(".")
    if not label or any("ema" in part.split("_") or part.endswith("ema") for part in parts):
        return 0
    return 1 if any(part in _TRAINED for part in parts) else 2
