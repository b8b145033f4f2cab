"""Entry points of the group `dynode`: which plugins are installed, and which of them are wanted."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType

from dynode.errors import UnknownNameError, UsageError

GROUP = "dynode"
OWN = "dynode-gan"
"""Our own distribution."""


class SingleFile(metadata.EntryPoint):
    """A plugin that is one file, of DYNODE_PLUGINS_DIR or DYNODE_PLUGIN_FILES, named by its stem."""

    @property
    def module(self) -> str:
        """Name its module, which no import can reach by accident."""
        return f"dynode_single_file_{Path(self.value).stem}"

    def load(self) -> ModuleType:
        """Run the file as a module of its own."""
        name = self.module
        spec = importlib.util.spec_from_file_location(name, self.value)
        assert spec is not None and spec.loader is not None  # its name ends in .py
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module


def single_files() -> list[metadata.EntryPoint]:
    """List the files of the folder DYNODE_PLUGINS_DIR; those that begin with `_` are no plugins.

    Raises:
        UsageError: There is no such folder.
    """
    told = os.environ.get("DYNODE_PLUGINS_DIR")
    if not told:
        return []
    folder = Path(told)
    if not folder.is_dir():
        raise UsageError(
            f"DYNODE_PLUGINS_DIR is {told!r}, which is no folder; make it, or unset the variable"
        )
    files = sorted(file for file in folder.glob("*.py") if not file.stem.startswith("_"))
    return [SingleFile(file.stem.replace("_", "-"), str(file), GROUP) for file in files]


def given_files() -> list[metadata.EntryPoint]:
    """List the files of DYNODE_PLUGIN_FILES, which `dynode --plugin-file` sets.

    Raises:
        UsageError: One does not exist, or is no `.py`.
    """
    told = os.environ.get("DYNODE_PLUGIN_FILES", "")
    files = [Path(name) for name in told.split(os.pathsep) if name]
    for file in files:
        if file.suffix != ".py" or not file.is_file():
            found = "which is no .py" if file.exists() else "which does not exist"
            raise UsageError(
                f"the plugin file is {str(file)!r}, {found}; give a Python file whose hooks are marked "
                f"with @dynode.hookimpl"
            )
    return [SingleFile(file.stem.replace("_", "-"), str(file.resolve()), GROUP) for file in files]


def distribution_of(entry_point: metadata.EntryPoint) -> str:
    """Name the distribution that ships an entry point, with its version."""
    if isinstance(entry_point, SingleFile):
        return "one file"
    return " ".join(_name_and_version(entry_point.dist)) if entry_point.dist else "unknown"


@lru_cache(maxsize=256)
def _name_and_version(dist: metadata.Distribution) -> tuple[str, str]:
    """Parse the metadata of a distribution once; it holds the whole README of ours."""
    told = dist.metadata
    return told["Name"], told["Version"]


def selected_entry_points() -> list[metadata.EntryPoint]:
    """List the installed plugins that DYNODE_LOAD_PLUGINS lets through, by name.

    Unset loads all, empty none, `a,b` only those entry points; files of DYNODE_PLUGIN_FILES were asked for
    one by one and are loaded in any case. What ships with dynode comes first, so
    that no stranger takes the name of a method that is there already. Two distributions may use one
    name: both are loaded, and what they register twice is reported.

    Raises:
        UnknownNameError: The variable names a plugin that is not installed.
    """
    return select(installed()[0])


def select(found: Sequence[metadata.EntryPoint]) -> list[metadata.EntryPoint]:
    """Keep those that DYNODE_LOAD_PLUGINS lets through; see `selected_entry_points`."""
    ordered = sorted(found, key=_order)
    wanted = os.environ.get("DYNODE_LOAD_PLUGINS")
    if wanted is None:
        return ordered
    known = {point.name for point in ordered}
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise UnknownNameError("plugin in DYNODE_LOAD_PLUGINS", name, known)
    asked = [point for point in ordered if point in given_files() and point.name not in names]
    chosen = [point for name in dict.fromkeys(names) for point in ordered if point.name == name]
    return chosen + asked


def installed() -> tuple[list[metadata.EntryPoint], dict[str, str]]:
    """List all entry points, and say why those of a distribution cannot be read.

    Returns:
        The entry points, and a reason by name and version of each distribution that has none that can
        be read. `importlib.metadata` fails as a whole over a single malformed `entry_points.txt`; only
        then are the distributions read one by one.
    """
    try:
        found, broken = list(metadata.entry_points(group=GROUP)), dict[str, str]()
    except Exception:
        found, broken = _one_by_one()
    return [*found, *single_files(), *given_files()], broken


def _one_by_one() -> tuple[list[metadata.EntryPoint], dict[str, str]]:
    found: list[metadata.EntryPoint] = []
    broken: dict[str, str] = {}
    seen: set[str] = set()
    for dist in metadata.distributions():
        if dist.name in seen:  # a copy further down the path, which Python does not use either
            continue
        seen.add(dist.name)
        try:
            found += dist.entry_points.select(group=GROUP)
        except Exception as error:
            broken[f"{dist.name} {dist.version}"] = (
                f"its entry_points.txt cannot be read ({type(error).__name__}: {error}); expected lines "
                f"such as 'name = module' below [dynode]; install it again, or tell its author"
            )
    return found, broken


def _order(point: metadata.EntryPoint) -> tuple[bool, str, str]:
    is_own = point.dist is not None and _name_and_version(point.dist)[0] == OWN
    return (not is_own, point.name, point.value)


def own_modules(found: Sequence[metadata.EntryPoint]) -> frozenset[str]:
    """Name the top-level modules of our own plugins."""
    own = (point for point in found if not _order(point)[0])
    return frozenset(point.module.partition(".")[0] for point in own)


def is_own(point: metadata.EntryPoint) -> bool:
    """Say whether an entry point is one of ours."""
    return not _order(point)[0]
