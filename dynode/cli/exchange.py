"""`dynode directions import|export|map|limit`: published files, from Z to W, rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from dynode.cli import completing, console
from dynode.cli.method_options import MethodCommand, click_options, split_method_options

if TYPE_CHECKING:
    from dynode.direction.base import Direction


_OF_CODES = ("source", "output", "take_as", "generator", "device", "force", "as_json")


class ImportCommand(MethodCommand):
    """Takes the options of the format that `--format` names."""

    option_name = "--format"

    def method_flags(self, name: str) -> list[click.Parameter]:
        """Make the flags of a format's options."""
        from dynode.importing.recognition import find_format

        return click_options(find_format(name).options)


@click.command("import", cls=ImportCommand)
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File, or folder for several [default: named after the direction].",
)
@click.option(
    "--format",
    "format_name",
    default="",
    help="Format of the file, with options of its own; recognised if absent ('dynode plugins').",
)
@click.option("--name", default="", help="Name of the direction; from the file name if absent.")
@click.option("--component", type=int, help="Take one of many, counted from 0.")
@click.option("--key", default="", help="Take one of many by its name in the file.")
@click.option("--rows", default="", help="Rows of W+ to move, such as 0-3; needs --generator.")
@click.option(
    "--space", type=click.Choice(["z", "w"]), help="Of plain arrays, if their name is silent."
)
@click.option(
    "--as", "take_as", type=click.Choice(["direction", "codes"]), help="Settle what it holds."
)
@click.option("--licence", default="unknown", show_default=True, help="Of the file, SPDX.")
@console.NAMED_GENERATOR
@console.DEVICE
@console.FORCE
@console.JSON
def import_file(
    source: Path,
    output: Path | None,
    format_name: str,
    name: str,
    component: int | None,
    key: str,
    rows: str,
    space: str | None,
    take_as: str | None,
    licence: str,
    generator: str | None,
    device: str | None,
    force: bool,
    as_json: bool,
    **options: Any,  # those of the format, see ImportCommand
) -> None:
    r"""Import directions from a published file: plain arrays, and every installed format.

    What `dynode plugins` lists as a format is recognised by its content; --format NAME adds what one
    asks for to --help. With --generator directions are checked against it and tied to it; with --as
    codes, latent codes become a latents file.

    \b
    Try:     dynode directions import stylegan_ffhq_age_w_boundary.npy
    Python:  dynode.importing.import_directions("stylegan_ffhq_age_w_boundary.npy")
    """
    from dynode.importing import ImportRequest
    from dynode.pipeline import exchange
    from dynode.pipeline.directions import facts, write_directions

    if take_as == "codes":
        _refuse_beside_codes()
        target = exchange.write_codes(
            source, output, generator=generator, device=device, force=force
        )
        if as_json:
            console.print_json({"output": str(target)})
            return
        console.tell(str(target))
        return
    request = ImportRequest(
        name=name,
        space=space or "",  # type: ignore[arg-type]  # click checked the choice
        take_as=take_as or "",  # type: ignore[arg-type]  # click checked the choice
        licence=licence,
    )
    found = exchange.import_file(
        source,
        request,
        format=format_name,
        options=split_method_options(options),
        generator=generator,
        device=device,
        component=component,
        key=key,
        rows=rows,
    )
    paths = write_directions(found, output, force=force)
    if as_json:
        console.print_json(
            [{"output": str(p), **facts(d)} for p, d in zip(paths, found, strict=True)]
        )
        return
    for path in paths:
        console.tell(str(path))
    for (moves, unit), count in Counter(_kind(direction) for direction in found).items():
        console.say(f"{count} × {moves}; strength 1 is {unit}")


def _kind(direction: Direction) -> tuple[str, str]:
    from dynode.pipeline.directions import facts

    told = facts(direction)
    return told["moves"], told["unit"]


def _refuse_beside_codes() -> None:
    """Refuse, by name, what is said of directions where codes are imported."""
    context = click.get_current_context()
    for param in context.command.get_params(context):
        given = context.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
        if given and param.name not in _OF_CODES:
            raise click.UsageError(f"{param.opts[0]} does not apply to --as codes; leave it out")


@click.command()
@click.argument("direction", metavar="FILE|NAME", shell_complete=completing.directions)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--scaled", is_flag=True, help="Multiply by the calibrated scale.")
@click.option("--format", "format_name", default="", help="Format, where several would write it.")
@console.FORCE
@console.JSON
def export(
    direction: str, target: Path, scaled: bool, format_name: str, force: bool, as_json: bool
) -> None:
    r"""Write a direction in a published form: .npy, .npz or .pt arrays, or an installed format.

    \b
    Try:     dynode directions export smile smile.npy
    Python:  dynode.pipeline.exchange.export_file("smile", "smile.npy")
    """
    from dynode.pipeline.exchange import export_file

    told = export_file(direction, target, scaled=scaled, format=format_name, force=force)
    if as_json:
        console.print_json({"output": str(target), "told": told})
        return
    console.say(told)
    console.tell(str(target))


@click.command("map")
@click.argument("direction", metavar="FILE|NAME", shell_complete=completing.directions)
@console.output_option("Direction file to write [default: NAME-w.safetensors].")
@console.NAMED_GENERATOR
@console.DEVICE
@console.FORCE
@console.JSON
def map_direction(
    direction: str,
    output: Path | None,
    generator: str | None,
    device: str | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Carry a direction in Z through the mapping network to W, so that it moves any code.

    \b
    Try:     dynode directions map age-z.safetensors -o age.safetensors
    Python:  dynode.load_direction("age-z.safetensors").to_w(dynode.load_generator())
    """
    from dynode.generator.loading import load_generator
    from dynode.pipeline import directions as steps
    from dynode.pipeline.library import file_stems

    found = steps.map_direction(direction, load_generator(generator, device=device))
    target = output or Path(f"{file_stems([found.info.name])[0]}-w.safetensors")
    path = steps.write_directions([found], target, force=force)[0]
    if as_json:
        console.print_json({"output": str(path), **steps.facts(found)})
    else:
        console.tell(str(path))


@click.command()
@click.argument("direction", metavar="FILE|NAME", shell_complete=completing.directions)
@click.option("--rows", required=True, help="Rows of W+ to move, such as 0-3, 8- or fine.")
@console.output_option("Direction file to write [default: NAME-rows.safetensors].")
@console.NAMED_GENERATOR
@console.DEVICE
@console.FORCE
@console.JSON
def limit(
    direction: str,
    rows: str,
    output: Path | None,
    generator: str | None,
    device: str | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Limit a direction to some rows of W+: the first ones move form, the last ones colour.

    \b
    Try:     dynode directions limit smile --rows 4- -o smile-late.safetensors
    Python:  dynode.pipeline.limit_rows(dynode.load_direction("smile"), "4-", dynode.load_generator().info)
    """
    from dynode.generator.loading import load_generator
    from dynode.pipeline import directions as steps
    from dynode.pipeline.exchange import limit_rows
    from dynode.pipeline.library import file_stems

    steps.check_target(output, force=force)
    found = steps.load_direction(direction)
    limited = limit_rows(found, rows, load_generator(generator, device=device).info)
    target = output or Path(f"{file_stems([f'{found.info.name}-{rows}'])[0]}.safetensors")
    path = steps.write_directions([limited], target, force=force)[0]
    if as_json:
        console.print_json({"output": str(path), **steps.facts(limited)})
    else:
        console.tell(str(path))
