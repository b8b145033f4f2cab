"""Ready directions that can be named instead of pointed at."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

from dynode import plugins
from dynode.errors import UnknownNameError
from dynode.models.folder import cache_folder
from dynode.plugins.methods import GeneratorProvider

SUFFIX = ".safetensors"


def own_folder() -> Path:
    """Return the user's folder of directions, `directions` in the cache folder."""
    return cache_folder() / "directions"


def library() -> dict[str, Path]:
    """List the directions that can be named: the user's own, then those of bundled generators."""
    folders = [own_folder()]
    for provider in plugins.registry().generators:
        if isinstance(provider, GeneratorProvider) and provider.directions is not None:
            folders.append(provider.directions)
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            found.setdefault(path.stem, path)
    return found


def still_library() -> dict[str, Path]:
    """List what `library` does, motions left out."""
    return {name: path for name, path in library().items() if without_motion(name) == name}


def without_motion(name: str) -> str:
    """Drop from the name of a ready motion the name of the method that made it, `smile.METHOD`."""
    plain, _, method = name.rpartition(".")
    return plain if plain and method in _motion_methods() else name


def _motion_methods() -> list[str]:
    methods = plugins.registry().directions
    return [method.name for method in methods if method.finds_motions]


def file_stems(names: Sequence[str]) -> list[str]:
    """Make file names without suffix, all different, that stay in their folder.

    A direction's name may come from a stranger's file or be a whole sentence.
    """
    stems: list[str] = []
    for name in names:
        plain = re.sub(r"[^\w .+=@,-]+", "-", name).strip("-. ")[:100] or "direction"
        numbered = (f"{plain}-{number}" for number in itertools.count(2))
        stems.append(next(s for s in itertools.chain([plain], numbered) if s not in stems))
    return stems


def direction_path(name: str | Path) -> Path:
    """Return the file of a direction, given by path or by name.

    Raises:
        UnknownNameError: There is no such file and no direction of that name.
    """
    path = Path(name)
    if path.is_file():
        return path
    known = library()
    if str(name) in known:
        return known[str(name)]
    raise UnknownNameError("direction file or name", str(name), known)


def motion_path(name: str | Path) -> Path:
    """Return the file of a motion: a file, a ready motion, or any other ready direction.

    A motion called `smile` is kept as `smile.METHOD.safetensors`, with the name of a method that finds
    motions.

    Raises:
        UnknownNameError: There is nothing of that name.
    """
    if not Path(name).is_file():
        known = library()
        for method in _motion_methods():
            if f"{name}.{method}" in known:
                return known[f"{name}.{method}"]
    return direction_path(name)
