"""Hooks of the benchmark plugin: two commands."""

from __future__ import annotations

from collections.abc import Callable

import click

import dynode


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode bench` and `dynode report`."""
    from dynode_bench.commands import bench
    from dynode_bench.report_command import report

    register(bench)
    register(report)
