"""What commands share: common flags, progress on the terminal, results on stdout."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dynode.cli import completing
from dynode.cli.escaping import plain
from dynode.plugins.methods import Progress, silent

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

Command = TypeVar("Command", bound=Callable[..., Any])


class _Finite(click.types.FloatParamType):
    """A number that is neither infinite nor NaN."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not finite; expected a number such as 1.5", param, ctx)
        return number


class FiniteRange(click.FloatRange):
    """A finite number within bounds, which NaN would pass."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number."""
        return FINITE.convert(super().convert(value, param, ctx), param, ctx)


_SPEED_OVER_S = 300.0
"""Steps of the last five minutes say how fast it goes: some take most of a minute."""
FINITE = _Finite()

NAMED_GENERATOR = click.option(
    "--generator",
    metavar="NAME|FILE",
    shell_complete=completing.generators,
    help="Generator by name or checkpoint file; the bundled one if absent.",
)
"""`--generator` alone, of commands that ask or train with a generator and draw nothing."""


def _asked_of_generators(variable: str) -> Callable[..., None]:
    """Make the callback of an option that whatever loads a generator meanwhile follows.

    Processes that are started follow it too, since it stands in the environment as long as the command
    runs.
    """

    def set_variable(context: click.Context, option: click.Parameter, value: object) -> None:
        if value is None or value is False or context.resilient_parsing:
            return
        before = os.environ.get(variable)
        os.environ[variable] = "1" if value is True else str(value)
        context.meta.setdefault(ASKED_OF_GENERATORS, {})[option.opts[0]] = value
        context.call_on_close(lambda: _put_back(variable, before))

    return set_variable


def _put_back(variable: str, before: str | None) -> None:
    if before is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = before


ASKED_OF_GENERATORS = "dynode.cli.console.asked_of_generators"
"""Where the context keeps these options, by flag."""
_PRECISION = click.option(
    "--precision",
    type=click.Choice(["fp32", "tf32", "bf16", "fp16"]),
    expose_value=False,
    callback=_asked_of_generators("DYNODE_PRECISION"),
    help="What the generator draws in; 16 bits in its four largest blocks [default: fp32].",
)
_COMPILE = click.option(
    "--compile",
    is_flag=True,
    expose_value=False,
    callback=_asked_of_generators("DYNODE_COMPILE"),
    help="Compile the generator first: a minute or more, then faster if small or on a GPU.",
)


def GENERATOR(command: Command) -> Command:
    """Give a command that draws `--generator`, and how it computes."""
    return NAMED_GENERATOR(_PRECISION(_COMPILE(command)))


DEVICE = click.option(
    "--device", help="cpu, cuda, cuda:1 or mps; DYNODE_DEVICE, else CUDA if present, else cpu."
)
CLASS = click.option(
    "--class",
    "class_index",
    metavar="N|NAME",
    help="Class that is sampled from, of a conditional generator; all classes if absent.",
)
SEED = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of all randomness.",
)
STRENGTH = click.option(
    "--strength", type=FINITE, default=1.0, show_default=True, help="Multiplies what is done."
)
FORCE = click.option("--force", is_flag=True, help="Overwrite outputs that exist.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")


def output_option(help: str, *, required: bool = False) -> Callable[[Command], Command]:
    """Make the `-o/--output` flag."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False),
        required=required,
        help=help,
    )


def truncation_option(default: float | None, help: str) -> Callable[[Command], Command]:
    """Make the `--truncation` flag, which the published scripts call `--truncation-psi`."""
    return click.option(
        "--truncation",
        "--truncation-psi",
        "truncation",
        type=FINITE,
        default=default,
        show_default=default is not None,
        help=help,
    )


def typed(*names: str) -> dict[str, Any]:
    """Return those of the running command's options that stand on the command line, by name."""
    context = click.get_current_context()
    given = {name: context.get_parameter_source(name) for name in names}
    return {
        name: context.params[name]
        for name, source in given.items()
        if source is click.core.ParameterSource.COMMANDLINE
    }


def print_json(document: object) -> None:
    """Print one document with stable keys on stdout."""
    click.echo(json.dumps(document, indent=2, default=str))


def tell_output(target: Path, *, as_json: bool) -> None:
    """Print where a file or folder was written, as a line or as one document."""
    if as_json:
        print_json({"output": str(target)})
    else:
        tell(str(target))


def tell(message: str) -> None:
    """Print a result on stdout, see `plain`."""
    click.echo(plain(message))


def say(message: str) -> None:
    """Tell the user something on stderr, see `plain`."""
    click.echo(plain(message), err=True)


def _bar() -> RichProgress:
    """Make a bar of title, count, the time it takes, the time left and a note."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress

    return RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        speed_estimate_period=_SPEED_OVER_S,
    )


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """Show a bar on stderr while the block runs, with the time it takes and the time left.

    The time left is that of the present phase: one that counts anew begins a new estimate. Where stderr
    is no terminal nothing is shown.
    """
    if not sys.stderr.isatty():
        yield silent
        return
    shown = _bar()
    with shown as bar:
        task = bar.add_task(title, total=None, note="", left="")
        begun = bar.tasks[0]

        def report(done: int, total: int, message: str = "") -> None:
            if done < begun.completed:
                bar.reset(task, total=total, completed=0)
            bar.update(task, completed=done, total=total, note=plain(message), left="left")

        yield report
