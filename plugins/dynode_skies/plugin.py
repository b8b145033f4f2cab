"""What skies contributes to dynode; importing this module imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import dynode

if TYPE_CHECKING:
    import click


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode skies`."""
    from dynode_skies.commands import skies

    register(skies)
