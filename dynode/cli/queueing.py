"""Work on several processes, and scripts that put it on a queue."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click

from dynode.cli.console import ASKED_OF_GENERATORS
from dynode.errors import OptionError

PRINT_SBATCH = click.option(
    "--print-sbatch",
    is_flag=True,
    help="Print a script for a Slurm queue that does this, requeues and goes on, and do nothing.",
)


def is_first_process() -> bool:
    """Whether this is the one of several processes that writes and speaks, or the only one."""
    return int(os.environ.get("RANK", "0")) == 0


def check_processes(shares: bool, what: str) -> None:
    """Refuse several processes for what would do the same in each, and write over each other.

    Args:
        shares: Whether they share the work.
        what: The command, for the message.

    Raises:
        OptionError: There are several, and they do not.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count > 1 and not shares:
        raise OptionError(
            f"{what} computes in one process, and torchrun started {count}; start it without torchrun"
        )


def queue_script(
    words: Sequence[str], shares: bool, flags: Mapping[str, Any], options: Mapping[str, Any]
) -> str:
    """Write the script of a command.

    Args:
        words: The command without `dynode`.
        shares: Whether several processes share the work.
        flags: Its flags with their values; None and False for absent ones.
        options: Flags of the method, spelt out even where they are off.
    """
    from dynode.pipeline.queue_script import queue_script as written

    given = {
        name: value
        for name, value in flags.items()
        if value is not None and value is not False and value != ""
    }
    asked = click.get_current_context().meta.get(ASKED_OF_GENERATORS, {})
    of_generator = {flag.removeprefix("--"): value for flag, value in asked.items()}
    return written(words, {**given, **of_generator, **options}, shares=shares)
