"""The command group: finds commands lazily and turns every error into one line and an exit code."""

from __future__ import annotations

import copy
import logging
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from dynode.cli.addresses import with_files
from dynode.cli.escaping import plain
from dynode.cli.leaving import leave
from dynode.errors import DynodeError, UnknownNameError
from dynode.version import __version__

COMMANDS = {
    "animate": "dynode.cli.animate:animate",
    "cache": "dynode.cli.cache:cache",
    "crop": "dynode.cli.crop:crop",
    "directions": "dynode.cli.directions:directions",
    "doctor": "dynode.cli.doctor:doctor",
    "edit": "dynode.cli.edit:edit",
    "find": "dynode.cli.find:find",
    "generate": "dynode.cli.generate:generate",
    "generators": "dynode.cli.generators:generators",
    "interpolate": "dynode.cli.interpolate:interpolate",
    "invert": "dynode.cli.invert:invert",
    "metrics": "dynode.cli.metrics:metrics",
    "models": "dynode.cli.models:models",
    "plugins": "dynode.cli.plugins:plugins",
    "train": "dynode.cli.train:train",
}

INTERRUPTED = 130
TERMINATED = 143


class _LazyGroup(click.Group):
    """Imports a command when it is asked for; plugins add theirs through `register_commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        named = (command.name or "" for command in _plugin_commands())
        return sorted({*COMMANDS, *(name for name in named if " " not in name)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            return _readable(_with_plugins(own_command(cmd_name)))
        return next((_readable(c) for c in _plugin_commands() if c.name == cmd_name), None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownNameError("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _readable(command: click.Command) -> click.Command:
    r"""Make the `\b` of raw docstrings the mark that keeps click from filling the lines below."""
    command.help = command.help and command.help.replace("\\b\n", "\b\n")
    for part in getattr(command, "commands", {}).values():
        _readable(part)
    return command


def own_command(name: str) -> click.Command:
    """Import one of `COMMANDS`."""
    module, attribute = COMMANDS[name].split(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command


def _with_plugins(command: click.Command) -> click.Command:
    """Add what plugins have for a group, as commands named `group name`; those of the group come first."""
    if not isinstance(command, click.Group):
        return command
    added = ((one.name or "").partition(" ")[::2] + (one,) for one in _plugin_commands())
    wider = copy.copy(command)
    wider.commands = {name: one for group, name, one in added if group == command.name and name}
    wider.commands |= command.commands
    return wider


class _PlainFormatter(logging.Formatter):
    """Logs what a terminal may show, see `plain`."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record))


def _plugin_commands() -> list[click.Command]:
    from dynode.plugins import registry

    return list(registry().commands)


def _add_plugin_files(files: Sequence[str]) -> None:
    """Let plugins of one file in, here and in the processes that this one starts."""
    if not files:
        return
    from dynode.plugins import registry

    before = os.environ.get("DYNODE_PLUGIN_FILES", "")
    os.environ["DYNODE_PLUGIN_FILES"] = os.pathsep.join([*filter(None, [before]), *files])
    registry.cache_clear()


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dynode")
@click.option("--debug", is_flag=True, help="Show the traceback of an error and the log.")
@click.option(
    "--plugin-file",
    metavar="FILE",
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, parameter, files: _add_plugin_files(files),
    help="Load a plugin that is one file; may be given several times.",
)
def _root(debug: bool) -> None:
    r"""Edit faces, scenes and videos with StyleGAN; every direction method is a plugin.

    \b
    Try:  dynode edit --plugin styleclip --text "smiling"
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_PlainFormatter("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, handlers=[handler])


_readable(_root)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: What stands behind `dynode` on the command line; None takes the process's own.

    Returns:
        0 done, 1 failed, 2 wrong usage, 3 weights missing or licence not accepted, 130 interrupted, 143
        terminated.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = _root.main(with_files(given), prog_name="dynode", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as error:  # a command said how it ended, or nobody reads the output any more
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except (click.Abort, KeyboardInterrupt) as error:
        if isinstance(error.__cause__ or error, _Terminated):  # click makes its own of it
            return _failed("terminated; finished outputs are kept", TERMINATED)
        return _failed("interrupted; finished outputs are kept", INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.ClickException as error:
        return _failed(error.format_message(), error.exit_code)
    except Exception as error:  # methods and libraries raise anything; users get one line
        if "--debug" in given:
            click.echo(plain(traceback.format_exc()), err=True, nl=False)
        if isinstance(error, DynodeError):
            return _failed(str(error), error.exit_code)
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        told = f"{type(error).__name__}: {error}".rstrip(": ") + notes
        return _failed(f"{told}; run 'dynode --debug …' for the whole story", 1)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    """Print what the user can change in one line; the rest goes to the log."""
    if issubclass(category, UserWarning):
        click.echo("warning: " + plain(" ".join(str(message).split())), err=True)
    else:
        logging.getLogger("dynode").debug("%s:%s: %s", filename, lineno, message)


def _failed(message: str, code: int) -> int:
    click.echo("error: " + plain(" ".join(message.split())), err=True)
    return code


class _Terminated(KeyboardInterrupt):
    """SIGTERM: what cleans up after Ctrl-C cleans up after it too."""


def _terminate(number: int, frame: object) -> NoReturn:
    raise _Terminated


def main() -> NoReturn:
    """Run the command and leave the process with its exit code."""
    # Read by OpenMP when torch is first imported. Threads that wait for each other by counting
    # take the core from whom they wait for as soon as another program runs beside them.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    signal.signal(signal.SIGTERM, _terminate)
    leave(run())
