"""Hook of what people make with a generator every day: four commands."""

from __future__ import annotations

from collections.abc import Callable

import click

import dynode


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode walk`, `mix`, `morph` and `generators blend`."""
    from dynode_make.blend_command import blend
    from dynode_make.mix_command import mix
    from dynode_make.morph_command import morph
    from dynode_make.walk_command import walk

    for command in (blend, mix, morph, walk):
        register(command)
