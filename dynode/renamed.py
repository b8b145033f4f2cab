"""Packages that left the core: their old names still work for one minor version, and warn."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

RENAMED = {
    "dynode.adversarial": "dynode_adversarial",
    "dynode.data": "dynode_data",
    "dynode.encoders": "dynode_encoders",
}
"""Since 0.2; to go in 0.3."""


class _OldNames(MetaPathFinder, Loader):
    """Gives the new module under its old name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that was renamed, or one inside of it."""
        is_known = ".".join(fullname.split(".")[:2]) in RENAMED
        return ModuleSpec(fullname, self, is_package=True) if is_known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import it by its new name, and say which that is."""
        first, second, *rest = spec.name.split(".")
        new = ".".join([RENAMED[f"{first}.{second}"], *rest])
        module = import_module(new)
        warnings.warn(
            f"{spec.name} is {new} since dynode 0.2; import that", DeprecationWarning, stacklevel=2
        )
        self._own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave it as it is: it was run under its new name."""
        module.__spec__ = self._own


def find_old_names() -> None:
    """Let `import` find them, once and first: a checkout may hold their emptied folders."""
    if not any(isinstance(finder, _OldNames) for finder in sys.meta_path):
        sys.meta_path.insert(0, _OldNames())
