"""`dynode find`: discover a direction once, reuse it everywhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import completing, console
from dynode.cli.method_options import MethodCommand, split_method_options
from dynode.cli.queueing import PRINT_SBATCH, check_processes, is_first_process, queue_script

if TYPE_CHECKING:
    from dynode.direction.base import Direction


class FindCommand(MethodCommand):
    """Takes the options of the method that is its first argument."""

    def named_method(self, args: list[str]) -> str | None:
        """Return the first argument, if it is no flag."""
        return args[0] if args and not args[0].startswith("-") else None


@click.command(cls=FindCommand)
@click.argument("method", shell_complete=completing.methods)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File, or folder for several [default: named after the direction].",
)
@console.GENERATOR
@console.CLASS
@console.DEVICE
@console.SEED
@console.FORCE
@PRINT_SBATCH
@console.JSON
def find(
    method: str,
    output: Path | None,
    as_json: bool,
    print_sbatch: bool,
    **given: Any,  # what shapes the directions; with the options of the method, see FindCommand
) -> None:
    r"""Find directions with an installed method and write them to files.

    METHOD comes first; `dynode find METHOD --help` lists its options.

    \b
    Try:     dynode find interfacegan --attribute smile -o smile.safetensors
    Python:  dynode.find("interfacegan", attribute="smile").save("smile.safetensors")
    """
    from dynode import plugins
    from dynode.generator.loading import load_generator
    from dynode.pipeline import directions as steps
    from dynode.pipeline.edit import find as find_directions

    options = split_method_options(
        {name: given.pop(name) for name in list(given) if name.startswith("method__")}
    )
    shares = plugins.registry().directions[method].shares_processes
    if print_sbatch:
        flags = {"output": output, **given, "class": given["class_index"], "class_index": None}
        console.tell(queue_script(("find", method), shares, flags, options))
        return
    check_processes(shares, f"find {method}")
    steps.check_target(output, force=given["force"])
    started = time.perf_counter()
    with console.progress_bar(method) as progress:
        loaded = load_generator(
            given["generator"], device=given["device"], class_index=given["class_index"]
        )
        found = find_directions(method, loaded, seed=given["seed"], progress=progress, **options)
    if not is_first_process():
        return
    directions = found if isinstance(found, list) else [found]
    paths = steps.write_directions(directions, output, force=given["force"])
    _tell(method, round(time.perf_counter() - started, 2), directions, paths, as_json=as_json)


def _tell(
    method: str,
    seconds: float,
    directions: Sequence[Direction],
    paths: Sequence[Path],
    *,
    as_json: bool,
) -> None:
    from dynode.pipeline import directions as steps

    if as_json:
        console.print_json(
            {
                "method": method,
                "seconds": seconds,
                "directions": [
                    {"output": str(path), **steps.facts(direction)}
                    for path, direction in zip(paths, directions, strict=True)
                ],
            }
        )
        return
    for path, direction in zip(paths, directions, strict=True):
        console.say(told(direction))
        console.tell(str(path))
    console.say(f"{seconds} s")


def told(direction: Direction) -> str:
    """Describe a direction in one line: what strength 1 does."""
    about = direction.info
    line = f"{about.name}: strength 1 is {about.unit}"
    accuracy = about.figures.get("validation_accuracy")
    if accuracy is not None and accuracy == accuracy:  # not NaN: nothing was held out
        line += f"; validation accuracy {accuracy:.1%}"
    measured = about.calibration
    if measured.attribute:
        leakage = f", leakage {measured.mean_leakage:.2f} on average" if measured.leakage else ""
        line += (
            f"; {measured.attribute.replace('_', ' ')} {measured.effect:+.2f}{leakage} over "
            f"{measured.samples} pictures"
        )
    return line
