"""`dynode batch`: four commands over lists, which differ in what is done to a row."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import MethodCommand, console, split_method_options, takes_inverter
from dynode.plugins import Progress

if TYPE_CHECKING:
    from dynode_batch import Report

_SAY_EVERY_S = 30.0

_LIST = click.argument("listed", metavar="LIST", type=click.Path(path_type=str))  # or a URI
_RUNNING = (
    click.option(
        "--output",
        "-o",
        type=click.Path(path_type=Path),
        required=True,
        help="Folder for the outputs, or .parquet for codes and scores; a batch goes on where it stopped.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 4096),
        help="Processes of one thread each; as many as there are cores if absent.",
    ),
    click.option(
        "--cluster",
        metavar="auto|HOST:PORT",
        help="Spread rows over a Ray cluster whose machines share the folders; auto takes $RAY_ADDRESS, else "
        "starts Ray here.",
    ),
    click.option(
        "--gpus-per-worker",
        type=console.FiniteRange(0, min_open=True),
        help="GPUs of a worker of the cluster; 0.5 puts two workers on one.",
    ),
    click.option("--shards", type=click.IntRange(min=1), help="Rows a WebDataset shard (.tar)."),
    click.option(
        "--skip-duplicates", is_flag=True, help="Of rows that would give the same, keep the first."
    ),
    click.option(
        "--ignore-columns", default="", metavar="NAMES", help="Columns of the list to pass over."
    ),
)


def _takes_list(command: console.Command) -> console.Command:
    """Give a command the list and how it is run."""
    for option in (console.JSON, console.FORCE, *reversed(_RUNNING)):
        command = option(command)
    return _LIST(command)


@click.group()
def batch() -> None:
    r"""Edit, invert, score or animate long lists, and go on after any interruption.

    LIST is a folder, a .tar, or the URI of a folder, such as s3://bucket/photos; or a .csv, .jsonl or
    .parquet whose column 'source' names the files and whose other columns are options.

    \b
    Try:  dynode batch edit photos --direction smile -o smiling
    """


@batch.command(cls=MethodCommand)
@_takes_list
@click.option("--plugin", metavar="NAME", help="Direction method; adds its options to this help.")
@click.option(
    "--direction",
    "directions",
    multiple=True,
    metavar="FILE|NAME[:STRENGTH]",
    help="Ready direction ('dynode directions list'); may be given several times.",
)
@console.STRENGTH
@takes_inverter
@console.GENERATOR
@console.DEVICE
@console.SEED
def edit(listed: str, inverting: dict[str, Any], **given: Any) -> None:
    r"""Edit every picture and clip of a list.

    Columns that mean something: direction, strength, seed, and the options of --plugin, such as text.

    \b
    Try:     dynode batch edit photos --direction smile:1.5 -o smiling
    Python:  dynode_batch.batch("edit", "photos", "smiling", directions=("smile:1.5",))
    """
    method = split_method_options(
        {k: given.pop(k) for k in list(given) if k.startswith("method__")}
    )
    _run("edit", listed, given, inverting, method)


@batch.command()
@_takes_list
@takes_inverter
@console.GENERATOR
@console.DEVICE
@console.SEED
def invert(listed: str, inverting: dict[str, Any], **given: Any) -> None:
    r"""Find the codes of every picture and clip of a list.

    Columns that mean something: seed.

    \b
    Try:     dynode batch invert photos -o codes.parquet
    Python:  dynode_batch.batch("invert", "photos", "codes.parquet")
    """
    _run("invert", listed, given, inverting, {})


@batch.command()
@_takes_list
@click.option(
    "--scorer",
    metavar="NAME",
    help="What reads the pictures; that of the default generator if absent.",
)
@console.DEVICE
def score(listed: str, **given: Any) -> None:
    r"""Read the attributes of every picture of a list.

    \b
    Try:     dynode batch score photos -o scores.parquet
    Python:  dynode_batch.batch("score", "photos", "scores.parquet")
    """
    _run("score", listed, given | {"generator": None}, {}, {})


@batch.command()
@_takes_list
@click.option(
    "--micromotion",
    "motion",
    default="smile",
    show_default=True,
    metavar="FILE|NAME[:STRENGTH]",
    help="What moves the pictures: a micromotion or any other direction.",
)
@console.STRENGTH
@click.option("--frames", type=click.IntRange(2), default=100, show_default=True, help="How many.")
@click.option(
    "--fps", type=console.FINITE, default=25.0, show_default=True, help="Frames a second."
)
@click.option(
    "--ease",
    type=click.Choice(["linear", "smooth", "in", "out"]),
    default="smooth",
    show_default=True,
    help="How the motion begins and ends.",
)
@click.option("--boomerang", is_flag=True, help="Go there and back.")
@takes_inverter
@console.GENERATOR
@console.DEVICE
@console.SEED
def animate(listed: str, inverting: dict[str, Any], **given: Any) -> None:
    r"""Let every picture of a list move.

    Columns that mean something: direction, strength, seed.

    \b
    Try:     dynode batch animate photos --micromotion smile -o moving
    Python:  dynode_batch.batch("animate", "photos", "moving", motion="smile")
    """
    _run("animate", listed, given, inverting, {})


def _run(
    kind: str,
    listed: str,
    given: dict[str, Any],
    inverting: dict[str, Any],
    method: dict[str, Any],
) -> None:
    """Run a batch and say what became of it; exit code 1 where rows failed."""
    import dynode_batch

    as_json, output = given.pop("as_json"), given.pop("output")
    names = (
        "workers",
        "cluster",
        "gpus_per_worker",
        "shards",
        "skip_duplicates",
        "ignore_columns",
        "force",
    )
    how = dynode_batch.Running(**{name: given.pop(name) for name in names})
    with _progress(kind) as progress:
        report = dynode_batch.batch(
            kind,
            listed,
            output,
            method=method,
            running=how,
            progress=progress,
            **given,
            **inverting,
        )
    _tell(report, as_json=as_json)
    if report.failures:
        raise SystemExit(1)


def _tell(report: Report, *, as_json: bool) -> None:
    document = report.document
    if document.get("left_out_files"):
        named = ", ".join(document["left_out_files"][:5])
        console.say(
            f"left out, no pictures, clips or codes ({len(document['left_out_files'])}): {named}"
        )
    for source, reason in report.failures[:10]:
        console.say(f"failed: {Path(source).name}: {reason}")
    if len(report.failures) > 10:
        console.say(f"and {len(report.failures) - 10} more, see failures.jsonl")
    if as_json:
        console.print_json(document | {"output": str(report.output)})
    else:
        console.say(
            f"{document['finished']} of {document['rows']} rows ({document['finished_before']} before), "
            f"{document['failed']} failed, {document['rows_per_second']:g} rows/s"
        )
        console.tell(str(report.output))


@contextlib.contextmanager
def _progress(kind: str) -> Iterator[Progress]:
    """Show a bar on a terminal; elsewhere, such as in the log of a queue, a line now and then."""
    if sys.stderr.isatty():
        with console.progress_bar(f"batch {kind}") as shown:
            yield shown
        return
    began = said = time.monotonic()
    first: int | None = None

    def report(done: int, total: int, message: str = "") -> None:
        nonlocal said, first
        first = done if first is None else first
        now = time.monotonic()
        if now - said < _SAY_EVERY_S:
            return
        said = now
        left = (now - began) / max(1, done - first) * (total - done)
        console.say(f"{done}/{total} rows, {message}, {left / 60:.0f} min left")

    yield report
