"""What an importer is told besides the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from dynode.direction.info import DirectionInfo
from dynode.version import __version__

Space = Literal["z", "w"]
_SUFFIXES = (".npy", ".npz", ".pt", ".pth", ".pkl", ".safetensors", ".bin")


@dataclass(frozen=True)
class ImportRequest:
    """What the user says about a file; everything may be left to the file.

    Attributes:
        name: Name of the direction; empty for one made from the file name.
        space: `z` or `w` for vectors; empty to go by the published names.
        take_as: `direction` or `codes` where the content could be either.
        licence: Licence of the file, SPDX.
    """

    name: str = ""
    space: Space | Literal[""] = ""
    take_as: Literal["direction", "codes", ""] = ""
    licence: str = "unknown"


@dataclass(frozen=True)
class PublishedFile:
    """A file that was read, before it is known what it is.

    Attributes:
        path: Where it came from.
        content: Tensors, or dictionaries and lists of them; None if it is no container of arrays.
        request: What the user said.
    """

    path: Path
    content: object
    request: ImportRequest = field(default_factory=ImportRequest)

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """The content as named tensors; empty if it is anything else."""
        if isinstance(self.content, dict) and self.content:
            named = {str(key): value for key, value in self.content.items()}
            if all(isinstance(value, Tensor) for value in named.values()):
                return named
        return {}

    def info(self, key: str = "", **facts: Any) -> DirectionInfo:  # fields of DirectionInfo
        """Describe a direction of this file.

        Args:
            key: Its name within the file, if the file holds several.
            **facts: Further fields.
        """
        own = facts.pop("name", "") or short_name(self.path, key)
        return DirectionInfo(
            name=slug(self.request.name) or own,
            licence=self.request.licence,
            source=self.path.name,
            created_with=__version__,
            **facts,
        )


def slug(text: str) -> str:
    """Make a name of lower-case letters, digits and hyphens: `headsTurn` becomes `heads-turn`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def full_name(path: Path, key: str = "") -> str:
    """Return file and array name in one, as the published names are matched against it."""
    stem = path.stem if path.suffix in _SUFFIXES else path.name
    if stem.startswith("d_latent"):  # the name of such files is that of their folder
        stem = f"{path.resolve().parent.name}_{stem}"
    return f"{stem}_{key}" if key else stem


def short_name(path: Path, key: str = "") -> str:
    """Make a name for a direction from the file and array name."""
    if key:
        return slug(key)
    name = re.sub(r"_(direction|boundary)$", "", full_name(path))
    return slug(re.sub(r"_d_latent(?=_|$)", "", name)) or "direction"
