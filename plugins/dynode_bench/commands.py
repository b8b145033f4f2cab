"""`dynode bench`: compare the installed methods where the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console

if TYPE_CHECKING:
    from dynode_bench.writing import Result

_Option = Callable[[Any], Any]  # a command, and the same with one option more
_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the table (.md), the plot (.svg) and everything (.json); printed if absent.",
)


_ATTRIBUTES = click.option(
    "--attributes",
    default="",
    metavar="NAMES",
    help="Attributes, such as smile,age; all that the scorer has texts for if absent.",
)
_WORKERS = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Methods at a time, each in a process of one thread (about 1 GB); as many as there are processors "
    "if absent, 1 on other devices. 1 works without a process of its own. No figure depends on it.",
)
_PICTURES = click.option(
    "--pictures",
    type=click.IntRange(1, 100_000),
    help="How many pictures, in the place of those of the budget (16 or 256).",
)
_LISTS = ("methods", "attributes")
_BUDGET = click.option(
    "--budget",
    type=click.Choice(["small", "full"]),
    default="small",
    show_default=True,
    help="small: each method with its quick options; full: with its defaults.",
)


def _with(command: console.Command, options: Sequence[_Option]) -> console.Command:
    for option in reversed(options):
        command = option(command)
    return command


def _shared(command: console.Command) -> console.Command:
    """Give a command the options that all comparisons have."""
    where = (console.GENERATOR, console.DEVICE, console.SEED)
    return _with(command, [_BUDGET, *where, _OUTPUT, console.FORCE, console.JSON])


_OWN = "; {} is one with an option of its own"


def _comparing(
    kind: str, *further: _Option, told: str = ""
) -> Callable[[console.Command], console.Command]:
    """Give a command `--methods`, further options, and those that all comparisons have."""
    methods = click.option(
        "--methods",
        default="all",
        show_default=True,
        metavar="all|NAMES",
        help=f"{kind} by name, separated by commas (see dynode plugins){told}.",
    )
    return lambda command: _with(_shared(command), [methods, *further])


@click.group()
def bench() -> None:
    r"""Compare the installed methods on a world whose truth is known.

    \b
    Try:  dynode bench directions --attributes smile
    """


@bench.command()
@_comparing("Direction methods", _ATTRIBUTES, _WORKERS, told=_OWN.format("sefa:count=40"))
def directions(output: Path | None, **given: Any) -> None:
    r"""Compare direction methods: effect, leakage at equal effect, identity, cost.

    With -o, a run that was stopped goes on where it was.

    \b
    Try:     dynode bench directions --methods sefa,ganspace --attributes smile
    Python:  dynode_bench.bench_directions(methods=['sefa'], attributes=['smile']).table()
    """
    from dynode_bench import bench_directions

    keep = output / ".directions.rows.jsonl" if output else None
    _run("directions", bench_directions, output, given | {"keep": keep})


@bench.command()
@_comparing("Inverters", _ATTRIBUTES, _PICTURES, told=_OWN.format("restyle:iterations=2"))
def inverters(output: Path | None, **given: Any) -> None:
    r"""Compare inverters: distortion, what edits of their codes do, seconds.

    \b
    Try:     dynode bench inverters --methods e4e,restyle:iterations=1,restyle
    Python:  dynode_bench.bench_inverters(methods=['e4e', 'restyle']).table()
    """
    from dynode_bench import bench_inverters

    _run("inverters", bench_inverters, output, given)


@bench.command()
@_comparing("Metrics")
def metrics(output: Path | None, **given: Any) -> None:
    r"""Try metrics on clips spoiled in eight ways: which see what, and which are blind to order.

    \b
    Try:     dynode bench metrics --methods psnr,jerk
    Python:  dynode_bench.bench_metrics(methods=['psnr', 'jerk']).table()
    """
    from dynode_bench import bench_metrics

    _run("metrics", bench_metrics, output, given)


@bench.command()
@_comparing("Video generators, by name or file,")
def video(output: Path | None, **given: Any) -> None:
    r"""Compare video generators with real clips of the world, by every metric of clips, and frozen.

    \b
    Try:     dynode bench video -o results
    Python:  dynode_bench.bench_video().table()
    """
    from dynode_bench import bench_video

    _run("video", bench_video, output, given)


@bench.command()
@_ATTRIBUTES
@_shared
def dynamics(output: Path | None, **given: Any) -> None:
    r"""Compare the latent ODE with interpolation, and its ways of carrying an edit through a clip.

    \b
    Try:     dynode bench dynamics --attributes smile
    Python:  dynode_bench.bench_dynamics(attributes=['smile']).table()
    """
    from dynode_bench import bench_dynamics

    _run("dynamics", bench_dynamics, output, given)


def _run(
    name: str, compare: Callable[..., Result], output: Path | None, given: dict[str, Any]
) -> None:
    """Compare, and write or print what was found."""
    from dynode_bench import writing

    force, as_json = given.pop("force"), given.pop("as_json")
    if output:
        writing.check_free(name, output, force=force)
    with console.progress_bar(f"comparing {name}") as progress:
        found = compare(
            given.pop("generator"),
            progress=progress,
            **{key: _names(value) if key in _LISTS else value for key, value in given.items()},
        )
    if output:
        writing.write(found, output)
    if as_json:
        console.print_json(found.document() | ({"output": str(output)} if output else {}))
    else:
        console.tell(str(output) if output else found.table())


def _names(text: str) -> list[str]:
    """Split names at commas; `all` is an empty list."""
    return [] if text == "all" else [name.strip() for name in text.split(",") if name.strip()]
