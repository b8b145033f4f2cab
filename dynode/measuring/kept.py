"""Features that were computed once are kept: under the hash of what they depend on, part by part."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from dynode.errors import DynodeError
from dynode.files import load_tensors, save_tensors
from dynode.models import cache_folder
from dynode.version import __version__

_FORMAT = "1"


@dataclass(frozen=True)
class Group:
    """Features of neighbours of one shape.

    Attributes:
        features: (n, …).
        shape: Shape of one item.
    """

    features: Tensor
    shape: tuple[int, ...]


class KeptFeatures:
    """The features of one side, in a folder of the cache; nowhere if there is no folder.

    What is damaged is computed again, and where nothing can be written the result is the same.

    Args:
        folder: Where they are; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @classmethod
    def of(cls, content: str, key: str, *, owner: str, device: str) -> KeptFeatures:
        """Name the folder.

        Args:
            content: What the pixels of the items depend on.
            key: What features depend on besides; empty keeps nothing.
            owner: The metric's plugin, with its version.
            device: Kind of device they are computed on.
        """
        if not key:
            return cls(None)
        told = {
            "format": _FORMAT,
            "dynode": __version__,
            "content": content,
            "key": key,
            "owner": owner,
            "device": device,
        }
        name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
        return cls(cache_folder() / "features" / name)

    def read(self, start: int, stop: int) -> list[Group] | None:
        """Read the features of items, in the groups they were computed in; None if there are none."""
        path = self._path(start, stop)
        if path is None or not path.exists():
            return None
        try:
            tensors, metadata = load_tensors(path)
            shapes = json.loads(metadata["shapes"])
            return [Group(tensors[name], tuple(shapes[name])) for name in sorted(tensors)]
        except (DynodeError, OSError, KeyError, ValueError) as error:
            warnings.warn(
                f"the kept features {path} are damaged ({error}); they are computed again",
                stacklevel=2,
            )
            return None

    def write(self, start: int, stop: int, groups: list[Group]) -> None:
        """Keep the features of items."""
        path = self._path(start, stop)
        if path is None:
            return
        named = {f"{index:06d}": group for index, group in enumerate(groups)}
        shapes = json.dumps({name: group.shape for name, group in named.items()})
        try:
            rows = {name: group.features.contiguous() for name, group in named.items()}
            save_tensors(rows, path, {"shapes": shapes})
        except (DynodeError, OSError) as error:
            warnings.warn(
                f"features are not kept ({error}); the figures are the same", stacklevel=2
            )
            self._folder = None

    def _path(self, start: int, stop: int) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / f"{start:08d}-{stop:08d}.safetensors"
