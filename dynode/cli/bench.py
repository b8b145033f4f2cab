"""`dynode bench`: compare the installed methods where the truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from dynode.cli import console


@click.group()
def bench() -> None:
    r"""Compare the installed methods on a world whose truth is known.

    \b
    Try:  dynode bench directions --attributes smile
    """


@bench.command()
@click.option(
    "--methods",
    default="all",
    show_default=True,
    metavar="all|NAMES",
    help="Direction methods by name, separated by commas (see dynode plugins).",
)
@click.option(
    "--attributes",
    default="",
    metavar="NAMES",
    help="Attributes, such as smile,age; all that the scorer has texts for if absent.",
)
@click.option(
    "--budget",
    type=click.Choice(["small", "full"]),
    default="small",
    show_default=True,
    help="small: each method with its quick options; full: with its defaults.",
)
@console.GENERATOR
@console.DEVICE
@console.SEED
@console.output_option("Table to write, as Markdown; printed if absent.")
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
    from dynode import files

    if output:
        files.check_free(output, force=force)
    with console.progress_bar("measuring") as progress:
        found = dynode.bench_directions(
            generator,
            methods=[] if methods == "all" else _names(methods),
            attributes=_names(attributes),
            budget=budget,
            seed=seed,
            device=device,
            progress=progress,
        )
    if output:
        with files.written(output) as temporary:
            temporary.write_text(found.table() + "\n", encoding="utf-8")
    if as_json:
        console.print_json(found.document() | ({"output": str(output)} if output else {}))
    else:
        console.tell(str(output) if output else found.table())


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
