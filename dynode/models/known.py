"""Published weights dynode can fetch, and those a user has added."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dynode import files
from dynode.files import reading
from dynode.models.folder import cache_folder

_CATALOGUE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True)
class KnownModel:
    """Weights with an address.

    Attributes:
        name: Name users type.
        url: Where they are published.
        licence: SPDX identifier or licence reference of the weights.
        domain: What it draws, or looks at.
        sha256: Hash of the file, or its first digits; empty while nobody has recorded it (see `fetch`).
        crop: How photographs must be cut out for it, see `GeneratorInfo`; empty if the file says.
        kind: `generator`, `text encoder`, `backbone` or `face detector`.
        purpose: What takes it without being told: an inverter, an architecture, a distance, a detector.
        file: Name that the publisher gives the file, where the address does not hold it.
        megabytes: Size, where it is known.
    """

    name: str
    url: str
    licence: str
    domain: str
    sha256: str = ""
    crop: str = ""
    kind: str = "generator"
    purpose: str = ""
    file: str = ""
    megabytes: int = 0

    @property
    def published_name(self) -> str:
        """Name that the publisher gives the file."""
        return self.file or Path(self.url.split("?")[0]).name

    @property
    def filename(self) -> str:
        """Name of the file in the cache."""
        return self.name + Path(self.published_name).suffix


@dataclass(frozen=True)
class ModelSet:
    """Weights that one job needs together.

    Attributes:
        name: Name users type.
        about: The job.
        models: Names of the weights.
        also: What else it needs, and how to use it.
        draws: Which of the models draws what no bundled generator can; empty for none.
    """

    name: str
    about: str
    models: tuple[str, ...]
    also: str = ""
    draws: str = ""


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))


def model_sets() -> dict[str, ModelSet]:
    """Return the sets of weights that can be fetched together, by name."""
    sets = (ModelSet(**told | {"models": tuple(told["models"])}) for told in _catalogue()["set"])
    return {each.name: each for each in sets}


def known_models() -> dict[str, KnownModel]:
    """Return published weights and those recorded in the cache, by name; recorded ones win.

    Raises:
        CorruptCheckpointError: The record in the cache cannot be read.
    """
    recorded = {model.name: model for model in _recorded()}
    return {told["name"]: KnownModel(**told) for told in _catalogue()["model"]} | recorded


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


def _known(entry: dict[str, str | int]) -> KnownModel:
    size = entry.pop("megabytes", 0)
    if not all(isinstance(value, str) for value in entry.values()) or not isinstance(size, int):
        raise ValueError("an entry is no text")
    return KnownModel(**entry, megabytes=size)  # type: ignore[arg-type]  # all are texts


def record(model: KnownModel) -> None:
    """Remember a model's address and hash in the cache folder."""
    kept = [entry for entry in _recorded() if entry.name != model.name]
    with files.written(_record_file()) as temporary:
        temporary.write_text(json.dumps([asdict(entry) for entry in [*kept, model]], indent=2))
