"""The hooks of this plugin."""

from __future__ import annotations

from collections.abc import Callable

import dynode


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Register the inverters of this package."""
