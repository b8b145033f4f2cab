"""Take weights that a user already has: recognised by hash or by name, checked, and kept."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import pooch

from dynode import files
from dynode.errors import CorruptCheckpointError, MissingWeightsError, UnknownNameError
from dynode.models.folder import cache_folder
from dynode.models.known import KnownModel, known_models, record


def add(path: str | Path, name: str | None = None) -> tuple[KnownModel, Path]:
    """Keep a file of weights in the cache, as if it had been fetched.

    It is linked where the file system can do that, copied otherwise.

    Args:
        path: The file.
        name: What it is; None to recognise it by its hash, or by the name that its publisher gives it.

    Returns:
        What it is, and where it is kept.

    Raises:
        MissingWeightsError: There is no such file.
        UnknownNameError: It is not recognised, or there are no weights of that name.
        CorruptCheckpointError: It has another hash than it should, or is no checkpoint.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingWeightsError(f"{path} does not exist; check the path of the weights")
    found = pooch.file_hash(str(path), alg="sha256")
    model = _recognised(path, found, name)
    if not found.startswith(model.sha256.lower()):
        raise CorruptCheckpointError(
            f"{path.name} is not {model.name}: its sha256 {found[:12]}… differs from the publisher's "
            f"{model.sha256[:12]}…; download it again, or say what it is with --as"
        )
    if model.kind == "generator":
        _check_generator(path)
    kept = cache_folder() / model.filename
    with files.written(kept) as temporary:
        _link_or_copy(path, temporary)
    record(dataclasses.replace(model, sha256=found))
    return model, kept


def _recognised(path: Path, found: str, name: str | None) -> KnownModel:
    known = known_models()
    if name is not None:
        if name not in known:
            raise UnknownNameError("weights", name, known)
        return known[name]
    same = [
        model for model in known.values() if model.sha256 and found.startswith(model.sha256.lower())
    ]
    named = [m for m in known.values() if path.name in (m.published_name, m.filename)]
    if not same and not named:
        raise UnknownNameError(
            "file of weights (say what it is with --as NAME)",
            path.name,
            [model.published_name for model in known.values()],
        )
    return (same or named)[0]


def _check_generator(path: Path) -> None:
    from dynode.plugins import GeneratorFamily, registry
    from dynode.stylegan2.checkpoints import inspect_checkpoint

    families = (each for each in registry().generators if isinstance(each, GeneratorFamily))
    if not any(family.can_read(path) for family in families):
        inspect_checkpoint(path)


def _link_or_copy(path: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(path.resolve(), target)
    except OSError:
        shutil.copyfile(path, target)
