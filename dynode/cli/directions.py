"""`dynode directions`: list, show, import, export, map and calibrate directions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import completing, console, exchange
from dynode.cli.method_options import click_options, split_method_options
from dynode.errors import OptionError
from dynode.scoring.options import ScorerOptions

if TYPE_CHECKING:
    from dynode.direction.base import Direction
    from dynode.generator.protocol import Generator

_STRIP = "-2:2:5"
_CLIP = "-2:2:51"


@click.group()
def directions() -> None:
    """List, show, import, export, map and calibrate directions."""


@directions.command("list")
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@console.JSON
def list_directions(folder: Path | None, as_json: bool) -> None:
    r"""List the directions that can be named, or those of a folder.

    Those that come with a generator, and your own: files in the folder `directions` of the cache.

    \b
    Try:     dynode directions list
    Python:  dynode.pipeline.library.library()
    """
    from dynode.direction.file import load_direction
    from dynode.errors import DirectionFileError
    from dynode.pipeline.directions import facts
    from dynode.pipeline.library import SUFFIX, library, own_folder

    files = {p.stem: p for p in sorted(folder.glob(f"*{SUFFIX}"))} if folder else library()
    rows = []
    for name, path in files.items():
        try:
            rows.append({**facts(load_direction(path)), "name": name, "file": str(path)})
        except DirectionFileError as error:
            console.say(f"skipped: {error}")
    if as_json:
        console.print_json(rows)
        return
    if not rows:
        console.say(f"no directions in {folder or own_folder()}; find some with 'dynode find'")
    for row in rows:
        leakage = [abs(change) for change in row["calibration"]["leakage"].values()]
        spilt = f"leakage {sum(leakage) / len(leakage):.2f}" if leakage else "not calibrated"
        columns = (f"{row['name']:<26}", f"{row['method'] or '?':<16}", f"{row['space']:<8}")
        console.tell(f"{' '.join(columns)} {spilt}; strength 1 is {row['unit']}")


@directions.command()
@click.argument("direction", metavar="FILE|NAME[:STRENGTH]", shell_complete=completing.directions)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Picture of the strip, or a clip (.mp4, .gif) there and back [default: NAME.png].",
)
@click.option("--sweep", default=_STRIP, show_default=True, help="Strengths LO:HI:N of the strip.")
@click.option("--count", default=3, show_default=True, type=click.IntRange(1, 64), help="Rows.")
@click.option("--no-strip", is_flag=True, help="Only tell, draw nothing.")
@console.GENERATOR
@console.DEVICE
@console.SEED
@console.FORCE
@console.JSON
def show(
    direction: str,
    output: Path | None,
    sweep: str,
    count: int,
    no_strip: bool,
    generator: str | None,
    device: str | None,
    seed: int,
    force: bool,
    as_json: bool,
) -> None:
    r"""Tell where a direction comes from and draw it at several strengths.

    It is a file, a name (`dynode directions list`), or a file in a published format; a strength
    multiplies those of the strip. The strip needs the generator it was found on; without that only
    the facts are told.

    \b
    Try:     dynode directions show smile -o smile.png
    Python:  dynode.load_direction("smile.safetensors").info
    """
    from dynode.pipeline import directions as steps
    from dynode.pipeline.library import file_stems
    from dynode.pipeline.naming import split_strength

    name, own = split_strength(direction, option="DIRECTION")
    found = steps.load_any(name)
    _refuse_of_strip(name, len(found), has_strength=name != direction)
    strengths = tuple(own * strength for strength in _strengths(sweep, output))
    drawn: list[str] = []
    if len(found) == 1 and not no_strip:
        target = output or Path(f"{file_stems([found[0].info.name])[0]}.png")
        drawn = _draw(found[0], target, strengths, count, generator, device, seed, force)
    _report(
        [{**steps.facts(one), "strip": drawn[0] if drawn else None} for one in found],
        as_json=as_json,
    )


def _report(documents: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        console.print_json(documents[0] if len(documents) == 1 else documents)
        return
    for document in documents:
        strip = document["strip"]
        _tell(document)
        if strip:
            console.tell(strip)


def _refuse_of_strip(name: str, count: int, *, has_strength: bool) -> None:
    """Refuse, by name, what is said of a strip where none is drawn."""
    from dynode.pipeline.applying import OPTIONS, flag_of, refuse_what_does_not_apply

    given = console.typed(*OPTIONS["directions show"], "no_strip")
    if has_strength and (count > 1 or "no_strip" in given):
        raise OptionError(
            f"the strength behind {name} is for its strip, and none is drawn; give {name} alone"
        )
    refuse_what_does_not_apply("directions show", given)
    if count > 1 and given.keys() - {"no_strip"}:
        flag = flag_of(next(iter(given)))
        raise OptionError(
            f"{flag} is for the strip of one direction, and {name} holds {count}; import them with "
            f"'dynode directions import {name}' and show one"
        )


def _strengths(sweep: str, target: Path | None) -> tuple[float, ...]:
    """Read the strengths; a clip has more of them where none are said."""
    from dynode.media.suffixes import is_moving
    from dynode.pipeline.sweeps import parse_sweep

    is_clip = target is not None and is_moving(target)
    return parse_sweep(_CLIP if is_clip and not console.typed("sweep") else sweep)


def _draw(
    direction: Direction,
    target: Path,
    strengths: tuple[float, ...],
    count: int,
    name: str | None,
    device: str | None,
    seed: int,
    force: bool,
) -> list[str]:
    from dynode import files
    from dynode.generator.loading import load_generator
    from dynode.media.images import grid, write_image
    from dynode.media.suffixes import is_moving
    from dynode.pipeline import directions as steps

    files.check_free(target, force=force)
    generator: Generator = load_generator(name, device=device)
    if name is None and not steps.fits(direction, generator.info):
        told = direction.info
        console.say(
            f"no strip: {told.name!r} belongs to {told.generator or 'another generator'}; draw it with "
            f"--generator"
        )
        return []
    if is_moving(target):
        from dynode.pipeline.sweeps import write_sweep

        write_sweep(direction, generator, strengths, target, count=count, seed=seed, force=force)
        return [str(target)]
    pictures = steps.strip(direction, generator, strengths, count=count, seed=seed, force=force)
    write_image(grid(pictures, columns=len(strengths)), target)
    return [str(target)]


def _tell(document: dict[str, Any]) -> None:
    measured = document.pop("calibration")
    for title, fact in document.items():
        if fact not in (None, "", {}, 0):
            console.tell(f"{title:<13} {_in_words(fact)}")
    if not measured["attribute"]:
        return
    effects = {measured["attribute"]: measured["effect"]}
    strongest = sorted(measured["leakage"].items(), key=lambda pair: -abs(pair[1]))[:4]
    console.tell(f"{'effect':<13} {_in_words(effects)}, measured on {measured['samples']} pictures")
    console.tell(f"{'leakage':<13} {_in_words(dict(strongest)) or 'none measured'}")
    if measured["curve"]:
        curve = {f"at {strength:+g}": effect for strength, effect in measured["curve"]}
        console.tell(f"{'curve':<13} {_in_words(curve)}")


def _in_words(fact: Any) -> str:
    if isinstance(fact, dict):
        return ", ".join(f"{key} {_in_words(value)}" for key, value in fact.items())
    if isinstance(fact, list | tuple):
        return " ".join(map(str, fact))
    return f"{fact:.4g}" if isinstance(fact, float) else str(fact)


@directions.command()
@click.argument("direction", metavar="FILE|NAME", shell_complete=completing.directions)
@click.option(
    "--samples",
    default=64,
    show_default=True,
    type=click.IntRange(2, 100_000),
    help="Pictures it is measured on.",
)
@console.truncation_option(0.7, "Truncation ψ of the pictures: 1 none, 0 the mean picture.")
@click.option("--lower", is_flag=True, help="Make strength 1 lower the attribute, not raise it.")
@click.option("--force-generator", is_flag=True, help="Accept another generator's direction.")
@console.output_option("File to write [default: the direction's own file].")
@console.GENERATOR
@console.DEVICE
@console.SEED
@console.FORCE
@console.JSON
def calibrate(
    direction: str,
    samples: int,
    truncation: float,
    lower: bool,
    force_generator: bool,
    output: Path | None,
    generator: str | None,
    device: str | None,
    seed: int,
    force: bool,
    as_json: bool,
    **measured_by: Any,  # the fields of ScorerOptions
) -> None:
    r"""Measure a direction and make strength 1 one standard deviation of an attribute.

    Measured by the scorer of the generator's domain, two texts, a classifier or a table of labels.

    \b
    Try:     dynode directions calibrate smile.safetensors --attribute smile
    Python:  dynode.pipeline.calibrate.calibrate_file("smile.safetensors", attribute="smile")
    """
    from dynode.cli.find import told
    from dynode.pipeline import directions as steps
    from dynode.pipeline.calibrate import calibrate_file

    with console.progress_bar("calibrating") as progress:
        calibrated, target = calibrate_file(
            direction,
            generator,
            device=device,
            output=output,
            samples=samples,
            seed=seed,
            truncation=truncation,
            lower=lower,
            force=force,
            force_generator=force_generator,
            progress=progress,
            **split_method_options(measured_by),
        )
    if as_json:
        console.print_json({"output": str(target), **steps.facts(calibrated)})
        return
    console.say(told(calibrated))
    console.tell(str(target))


calibrate.params.extend(click_options(ScorerOptions))
for command in (exchange.import_file, exchange.export, exchange.map_direction, exchange.limit):
    directions.add_command(command)
