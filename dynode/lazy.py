"""Packages whose names are imported at their first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module


def names_on_demand(
    package: str, homes: Mapping[str, str], modules: Collection[str] = ()
) -> Callable[[str], object]:
    """Make the `__getattr__` of a package that must stay cheap to import.

    Args:
        package: Name of the package, `__name__`.
        homes: Public name -> module that defines it.
        modules: Public modules and packages in it.

    Returns:
        A function that imports a name once and keeps it in the package; `dir` lists all of them.
    """

    def get(name: str) -> object:
        if name in modules:
            return import_module(f"{package}.{name}")
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    described = vars(sys.modules[package])
    described["__dir__"] = lambda: sorted({*described, *homes, *modules})
    return get
