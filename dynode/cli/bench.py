"""`dynode bench`: compare the installed methods where the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from dynode.cli import console

if TYPE_CHECKING:
    from dynode.benching.writing import Result
    from dynode.plugins.methods import Progress

_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the table (.md), the plot (.svg) and everything (.json); printed if absent.",
)


def _methods(kind: str) -> Callable[[console.Command], console.Command]:
    return click.option(
        "--methods",
        default="all",
        show_default=True,
        metavar="all|NAMES",
        help=f"{kind} by name, separated by commas (see dynode plugins).",
    )


_BUDGET = click.option(
    "--budget",
    type=click.Choice(["small", "full"]),
    default="small",
    show_default=True,
    help="small: each method with its quick options; full: with its defaults.",
)


@click.group()
def bench() -> None:
    r"""Compare the installed methods on a world whose truth is known.

    \b
    Try:  dynode bench directions --attributes smile
    """


@bench.command()
@_methods("Direction methods")
@click.option(
    "--attributes",
    default="",
    metavar="NAMES",
    help="Attributes, such as smile,age; all that the scorer has texts for if absent.",
)
@_BUDGET
@console.GENERATOR
@console.DEVICE
@console.SEED
@_OUTPUT
@console.FORCE
@console.JSON
def directions(
    methods: str,
    attributes: str,
    budget: Literal["small", "full"],
    generator: str | None,
    device: str | None,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Compare direction methods: effect, leakage at equal effect, identity, cost.

    \b
    Try:     dynode bench directions --methods sefa,ganspace --attributes smile
    Python:  dynode.bench_directions(methods=['sefa'], attributes=['smile']).table()
    """
    import dynode

    def compared(progress: Progress) -> Result:
        return dynode.bench_directions(
            generator,
            methods=_names(methods),
            attributes=_names(attributes),
            budget=budget,
            seed=seed,
            device=device,
            progress=progress,
        )

    _run("directions", compared, output, force=force, as_json=as_json)


def _run(
    name: str,
    compared: Callable[[Progress], Result],
    output: Path | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Compare, and write or print what was found."""
    from dynode.benching import writing

    if output:
        writing.check_free(name, output, force=force)
    with console.progress_bar(f"comparing {name}") as progress:
        found = compared(progress)
    if output:
        writing.write(found, output)
    if as_json:
        console.print_json(found.document() | ({"output": str(output)} if output else {}))
    else:
        console.tell(str(output) if output else found.table())


def _names(text: str) -> list[str]:
    """Split names at commas; `all` is an empty list."""
    return [] if text == "all" else [name.strip() for name in text.split(",") if name.strip()]
