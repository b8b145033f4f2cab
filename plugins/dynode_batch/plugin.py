"""Hooks of the batch plugin: one command."""

from __future__ import annotations

from collections.abc import Callable

import click

import dynode


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode batch`."""
    from dynode_batch.commands import batch

    register(batch)
