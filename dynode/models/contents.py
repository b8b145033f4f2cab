"""What lies in the cache folder, and taking it away."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dynode.errors import UnknownNameError
from dynode.models.folder import cache_folder

# Folders that hold what only the user has; everything else in folders can be made again.
OWN = {"directions": "your own directions, which can be named"}
ABOUT = {
    "codes": "codes of pictures and clips that were inverted",
    "features": "features of pictures and clips that were measured",
    "scores": "scores of pictures that were drawn by seed",
}


@dataclass(frozen=True)
class CachePart:
    """A folder of the cache, or its loose files.

    Attributes:
        name: Name of the folder; empty for files that lie loose, which are fetched models.
        files: How many.
        size_bytes: Together.
        about: What it holds.
        can_be_cleared: Whether dynode can make it again.
    """

    name: str
    files: int
    size_bytes: int
    about: str
    can_be_cleared: bool


def cache_parts() -> list[CachePart]:
    """Describe what lies in the cache folder; empty where there is none."""
    root = cache_folder()
    if not root.is_dir():
        return []
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    parts = [_part(folder.name, folder.rglob("*")) for folder in folders]
    loose = _part("", root.glob("*"))
    return [*parts, *([loose] if loose.files else [])]


def clear_cache(part: str | None = None) -> int:
    """Remove what can be made again.

    Args:
        part: Name of a folder; None for all of them. Fetched models and your own directions stay.

    Returns:
        Bytes that were freed.

    Raises:
        UnknownNameError: There is no such folder, or it cannot be made again.
    """
    remade = {found.name: found for found in cache_parts() if found.can_be_cleared}
    if part is not None and part not in remade:
        raise UnknownNameError("part of the cache that can be made again", part, remade)
    wanted = list(remade.values()) if part is None else [remade[part]]
    for found in wanted:
        shutil.rmtree(cache_folder() / found.name, ignore_errors=True)
    return sum(found.size_bytes for found in wanted)


def _part(name: str, paths: Iterable[Path]) -> CachePart:
    sizes = [path.stat().st_size for path in paths if path.is_file()]
    is_remade = bool(name) and name not in OWN
    about = (OWN | ABOUT).get(name, f"kept by {name}" if name else "fetched models")
    return CachePart(name, len(sizes), sum(sizes), about, is_remade)


def size_in_words(size_bytes: int) -> str:
    """Write a size as people read it: 3.4 MB."""
    size, units = float(size_bytes), ["bytes", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"
