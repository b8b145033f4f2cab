"""Find the named tensors of a file, however they are wrapped.

People save the same state dict bare, under `state_dict`, `params_ema`, `generator` or `model`, in a
list, as numpy arrays, and with names that a wrapper module began with `module.` or `_orig_mod.`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dynode.weights.numpy_globals import NumpyArray
from dynode.weights.records import PersistentRecord
from dynode.weights.stored import StoredTensor

_MOST_LEVELS = 6
_MOST_PARTS = 10_000


@dataclass(frozen=True)
class TensorGroup:
    """Tensors that stand side by side in a file.

    Attributes:
        names: Keys on the way to them, outermost first.
        tensors: Them, by name.
        record: The module they are the state of, where the file says so.
        around: The dictionaries they lie in, innermost first; of plain tensors their own is the first.
    """

    names: tuple[str, ...]
    tensors: Mapping[str, StoredTensor]
    record: PersistentRecord | None = None
    around: tuple[Mapping[object, object], ...] = field(default=(), repr=False)

    def beginnings(self, anchor: str) -> list[str]:
        """Find what the names begin with, by one that ends in `anchor`; "" for a plain state dict."""
        ends = (name for name in self.tensors if name.endswith(anchor))
        found = (name[: -len(anchor)] for name in ends)
        return sorted(begin for begin in found if not begin or begin.endswith("."))

    def under(self, beginning: str) -> dict[str, StoredTensor]:
        """Return the tensors whose names begin so, without that."""
        return {
            name[len(beginning) :]: tensor
            for name, tensor in self.tensors.items()
            if name.startswith(beginning)
        }


def tensor_groups(content: object) -> Iterator[TensorGroup]:
    """Go through the tensors of a file's content, outermost first."""
    waiting: list[tuple[object, tuple[str, ...], tuple[Mapping[object, object], ...]]]
    waiting = [(content, (), ())]
    for part, names, around in waiting:  # grows while it is read
        if isinstance(part, PersistentRecord):
            yield TensorGroup(names, part.tensors(), part, around)
        items = _items(part)
        if not items:
            continue
        tensors = {str(key): stored for key, value in items.items() if (stored := as_stored(value))}
        if isinstance(part, dict):
            around = (part, *around)
            if tensors:
                yield TensorGroup(names, tensors, None, around)
        deeper = [(key, value) for key, value in items.items() if _is_container(value)]
        if len(names) < _MOST_LEVELS and len(waiting) + len(deeper) <= _MOST_PARTS:
            waiting += [(value, (*names, str(key)), around) for key, value in deeper]


def as_stored(value: object) -> StoredTensor | None:
    """Return a tensor or a plain numpy array of a file as a tensor; None for anything else."""
    if isinstance(value, NumpyArray):
        return value.tensor
    return value if isinstance(value, StoredTensor) else None


def _items(part: object) -> Mapping[object, object]:
    if isinstance(part, dict):
        return part
    return dict(enumerate(part)) if isinstance(part, list | tuple) else {}


def _is_container(value: object) -> bool:
    return isinstance(value, dict | list | tuple | PersistentRecord)
