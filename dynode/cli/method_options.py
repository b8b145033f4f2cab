"""A command whose flags grow by the options of the plugin it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from dynode.cli import completing
from dynode.errors import UnknownNameError
from dynode.options import OptionSpec, specs_of

_PREFIX = "method__"
_META = "dynode.method"
_ALIASES = {"truncation": ("--truncation-psi",)}
"""Names that the published scripts have for an option."""


class MethodCommand(click.Command):
    """Reads `--plugin NAME` first, then takes that method's options as its own.

    Attributes:
        option_name: The flag that names the method.
    """

    option_name = "--plugin"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the method on the command line before click reads the flags."""
        self.find_method(ctx, args)
        return super().parse_args(ctx, args)

    def find_method(self, ctx: click.Context, args: list[str]) -> None:
        """Let the flags of the method that the arguments name in, see `get_params`."""
        ctx.meta[_META] = self.named_method(args)

    def named_method(self, args: list[str]) -> str | None:
        """Return the method that the arguments name, if they do."""
        return last_value(args, self.option_name)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own flags and those of the method."""
        own = super().get_params(ctx)
        name = ctx.meta.get(_META)
        if name is None:
            return own
        try:
            return [*self.method_flags(name), *own]
        except UnknownNameError:
            if ctx.resilient_parsing:  # Tab was pressed: there is no line yet that could be wrong
                return own
            raise

    def method_flags(self, name: str) -> list[click.Parameter]:
        """Make the flags of a method's options; none is one of the command's own, see `reserved`."""
        from dynode.plugins import registry

        return click_options(registry().directions[name].options)


def last_value(args: list[str], flag: str) -> str | None:
    """Find the last value of a flag such as `--plugin`: the one click takes."""
    named = None
    for index, argument in enumerate(args):
        if argument == "--":
            break
        if argument.startswith(f"{flag}="):
            named = argument.removeprefix(f"{flag}=")
        if argument == flag and index + 1 < len(args):
            named = args[index + 1]
    return named


def click_options(options_class: type) -> list[click.Parameter]:
    """Make the flags of an options dataclass, see `dynode.options`."""
    return [_click_option(spec) for spec in specs_of(options_class)]


def _click_option(spec: OptionSpec) -> click.Option:
    name = _PREFIX + spec.name
    if spec.type is bool:
        return click.Option(
            [f"{spec.flag}/--no-{spec.flag[2:]}", name], default=None, help=spec.help_line
        )
    # Values stay text: `build_options` converts and checks them, with its own messages.
    return click.Option(
        [spec.flag, *_ALIASES.get(spec.name, ()), name],
        type=str,
        metavar=spec.placeholder,
        default=None,
        help=spec.help_line,
        shell_complete=completing.values(spec),
    )


def split_method_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Take the method's options out of a command's keyword arguments, leaving out absent ones."""
    return {
        name.removeprefix(_PREFIX): value for name, value in values.items() if value is not None
    }
