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
MICROMOTION = ".micromotion"


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
    return {name: path for name, path in library().items() if not name.endswith(MICROMOTION)}


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
    """Return the file of a motion: a file, a ready micromotion, or any other ready direction.

    A micromotion called `smile` is kept as `smile.micromotion.safetensors`.

    Raises:
        UnknownNameError: There is nothing of that name.
    """
    micromotion = library().get(f"{name}{MICROMOTION}")
    if micromotion is not None and not Path(name).is_file():
        return micromotion
    return direction_path(name)
