"""Hook of the data sets: one command."""

from __future__ import annotations

from collections.abc import Callable

import click

import dynode


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode data`."""
    from dynode_data.commands import data

    register(data)
