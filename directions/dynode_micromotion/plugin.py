"""The hooks of this plugin."""

from __future__ import annotations

from collections.abc import Callable

import dynode


@dynode.hookimpl
def register_directions(register: Callable[[dynode.DirectionMethod], None]) -> None:
    """Register the methods of this package."""
