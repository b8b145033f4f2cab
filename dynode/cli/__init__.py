"""The `dynode` command: thin layers over the Python API, one file a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.cli.inverting_options import takes_faces, takes_inverter
    from dynode.cli.method_options import (
        MethodCommand,
        click_options,
        split_method_options,
    )
    from dynode.cli.root import (
        main,
        run,
    )

__all__ = [
    "MethodCommand",
    "click_options",
    "main",
    "run",
    "split_method_options",
    "takes_faces",
    "takes_inverter",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "MethodCommand": "dynode.cli.method_options",
        "click_options": "dynode.cli.method_options",
        "main": "dynode.cli.root",
        "run": "dynode.cli.root",
        "split_method_options": "dynode.cli.method_options",
        "takes_faces": "dynode.cli.inverting_options",
        "takes_inverter": "dynode.cli.inverting_options",
    },
)
