"""Flags by the names they had before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import click

from dynode.cli import console


class RenamingCommand(click.Command):
    """Reads flags by an old name as well, with a warning that says the new one.

    Attributes:
        renamed: Old flag -> new flag.
    """

    renamed: ClassVar[Mapping[str, str]] = {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the new names in place before click reads the flags."""
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, [*map(self._today, args[:end]), *args[end:]])

    def _today(self, argument: str) -> str:
        flag, equals, value = argument.partition("=")
        if flag not in self.renamed:
            return argument
        new = self.renamed[flag]
        console.say(f"warning: {flag} is now called {new}; the old name will go")
        return new + equals + value
