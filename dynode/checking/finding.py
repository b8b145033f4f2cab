"""Find the plugins that a user means: by entry point, distribution, module or folder."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dynode.errors import UnknownNameError, UsageError
from dynode.files import reading
from dynode.plugins import GROUP, distribution_of


@dataclass(frozen=True)
class Candidate:
    """A plugin to be checked.

    Attributes:
        name: Name of its entry point.
        module: Module the entry point names.
        distribution: Distribution that ships it, with its version.
        paths: Folders to import it from besides the installed packages.
    """

    name: str
    module: str
    distribution: str
    paths: tuple[str, ...] = ()


def find_plugins(package: str) -> list[Candidate]:
    """Find plugins.

    Args:
        package: Name of an entry point, of a distribution or of a module, or the folder of a
            package's sources, which need not be installed.

    Raises:
        UsageError: The folder holds no plugin.
        UnknownNameError: Nothing of that name is installed.
    """
    folder = Path(package)
    if folder.is_dir() and (folder / "pyproject.toml").is_file():
        return _in_folder(folder)
    points = list(metadata.entry_points(group=GROUP))
    for meant in (_by_entry_point, _by_distribution, _by_module):
        found = meant(package, points)
        if found:
            return [Candidate(p.name, p.value, distribution_of(p)) for p in found]
    if package.isidentifier() and importlib.util.find_spec(package) is not None:
        return [Candidate(package, package, "not installed")]
    names = {point.name for point in points}
    raise UnknownNameError("plugin, distribution, module or folder", package, names)


def _in_folder(folder: Path) -> list[Candidate]:
    file = folder / "pyproject.toml"
    with reading(file, "the description of a package", "correct it", error=UsageError):
        project = dict(tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}))
        points = {
            str(name): str(module)
            for name, module in project.get("entry-points", {}).get(GROUP, {}).items()
        }
    if not points:
        raise UsageError(
            f"{folder / 'pyproject.toml'} names no plugin; add [project.entry-points.{GROUP}] with a line "
            f'such as brighten = "dynode_brighten"'
        )
    told = f"{project.get('name', folder.name)}, sources in {folder.name}"
    paths = (str(folder.resolve()), str((folder / "src").resolve()))
    return [Candidate(name, module, told, paths) for name, module in points.items()]


def _by_entry_point(name: str, points: Iterable[metadata.EntryPoint]) -> list[metadata.EntryPoint]:
    return [point for point in points if point.name == name]


def _by_distribution(name: str, points: Iterable[metadata.EntryPoint]) -> list[metadata.EntryPoint]:
    wanted = _normal(name)
    return [point for point in points if point.dist and _normal(point.dist.name) == wanted]


def _by_module(name: str, points: Iterable[metadata.EntryPoint]) -> list[metadata.EntryPoint]:
    return [point for point in points if name in (point.module, point.module.partition(".")[0])]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
