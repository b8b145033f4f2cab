"""Hooks of the studio plugin; nicegui is imported when the studio starts."""

from __future__ import annotations

from collections.abc import Callable

import click

import dynode


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode studio`."""
    from dynode_studio.command import studio

    register(studio)
