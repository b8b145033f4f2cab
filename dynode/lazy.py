"""Names that are imported at their first use: of packages (PEP 562), and of attributes of classes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


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


class _OnDemand:
    """A class attribute that lies in a module which is imported when somebody asks for it."""

    def __init__(self, home: str) -> None:
        self._module, self._name = home.split(":")

    def __get__(self, thing: object, owner: type) -> object:
        return getattr(import_module(self._module), self._name)


def attribute_on_demand(
    home: str,
) -> Any:  # typed Any so that it can stand where a class is expected
    """Declare a class attribute that is imported when it is first read.

    Plugins declare their options so: listing what is installed then makes no dataclass of them.

    Args:
        home: Module and name, such as `"dynode_styleclip.options:MapperOptions"`.

    Returns:
        What stands in the body of the class.
    """
    return _OnDemand(home)


def is_on_demand(thing: object, attribute: str) -> bool:
    """Say whether an attribute was declared by `attribute_on_demand`; imports nothing."""
    return isinstance(inspect.getattr_static(thing, attribute, None), _OnDemand)
