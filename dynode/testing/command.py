"""Run the `dynode` command inside the process and keep what it printed."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass

from dynode.cli import run


@dataclass(frozen=True)
class CommandResult:
    """What a command left behind.

    Attributes:
        exit_code: 0 done, 1 failed, 2 wrong usage, 3 weights missing, 130 interrupted.
        stdout: What it printed as its result.
        stderr: What it told the user.
    """

    exit_code: int
    stdout: str
    stderr: str


def run_command(arguments: Iterable[str | os.PathLike[str]]) -> CommandResult:
    """Run `dynode` with arguments, as a shell would, without a new process.

    Plugins are those of `dynode.plugins.registry()`; the environment and the working folder are the
    caller's. An exception that leaves the command leaves this function: it would have been a
    traceback.

    Args:
        arguments: What stands behind `dynode`, for example `["edit", "--plugin", "mine"]`.

    Returns:
        Exit code and both outputs, apart.
    """
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        exit_code = run([os.fspath(argument) for argument in arguments])
    return CommandResult(exit_code, stdout.getvalue(), stderr.getvalue())
