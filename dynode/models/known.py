"""Published checkpoints dynode can fetch, and those a user has added."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dynode import files
from dynode.files import reading
from dynode.models.folder import cache_folder

_NVIDIA = "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained"
_NVIDIA_LICENCE = "LicenseRef-NVIDIA-Source-Code-NC"


@dataclass(frozen=True)
class KnownModel:
    """A checkpoint with an address.

    Attributes:
        name: Name users type.
        url: Where it is published.
        licence: SPDX identifier or licence reference of the weights.
        domain: What it draws.
        crop: How photographs must be cut out for it, see `GeneratorInfo`; empty if the file says.
        sha256: Hash of the file; empty while nobody has recorded it (see `fetch`).
    """

    name: str
    url: str
    licence: str
    domain: str
    sha256: str = ""
    crop: str = ""

    @property
    def filename(self) -> str:
        """Name of the file in the cache."""
        return self.name + Path(self.url.split("?")[0]).suffix


_PUBLISHED = tuple(
    KnownModel(
        name,
        f"{_NVIDIA}/{file}.pkl",
        _NVIDIA_LICENCE,
        domain,
        crop="ffhq" if domain == "faces" else "",
    )
    for name, file, domain in (
        ("ffhq-1024", "ffhq", "faces"),
        ("metfaces-1024", "metfaces", "faces"),
        ("afhqcat-512", "afhqcat", "cats"),
        ("afhqdog-512", "afhqdog", "dogs"),
        ("afhqwild-512", "afhqwild", "wild animals"),
    )
)


def known_models() -> dict[str, KnownModel]:
    """Return published models and those recorded in the cache, by name; recorded ones win.

    Raises:
        CorruptCheckpointError: The record in the cache cannot be read.
    """
    recorded = {model.name: model for model in _recorded()}
    return {model.name: model for model in _PUBLISHED} | recorded


def _record_file() -> Path:
    return cache_folder() / "models.json"


def _recorded() -> list[KnownModel]:
    path = _record_file()
    if not path.exists():
        return []
    todo = (
        f"expected a JSON list that dynode wrote; delete {path}, the checkpoints beside it stay usable "
        f"by path"
    )
    with reading(path, "the record of fetched models", todo):
        return [_known(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def _known(entry: dict[str, str]) -> KnownModel:
    if not all(isinstance(value, str) for value in entry.values()):
        raise ValueError("an entry is no text")
    return KnownModel(**entry)


def record(model: KnownModel) -> None:
    """Remember a model's address and hash in the cache folder."""
    kept = [entry for entry in _recorded() if entry.name != model.name]
    with files.written(_record_file()) as temporary:
        temporary.write_text(json.dumps([asdict(entry) for entry in [*kept, model]], indent=2))
