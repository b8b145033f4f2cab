"""`dynode directions import|export|map`: from published files, to them, and from Z to W."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console

if TYPE_CHECKING:
    from dynode.direction.base import Direction


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File, or folder for several [default: named after the direction].",
)
@click.option("--name", default="", help="Name of the direction; from the file name if absent.")
@click.option("--component", type=int, help="Take one of many, counted from 0.")
@click.option("--key", default="", help="Take one of many by its name in the file.")
@click.option("--rows", default="", help="Rows of W+ to move, such as 0-3; needs --generator.")
@click.option("--space", type=click.Choice(["z", "w"]), help="Of vectors, if their name is silent.")
@click.option(
    "--as", "take_as", type=click.Choice(["direction", "codes"]), help="Settle what it holds."
)
@click.option("--layer", default="", help="Convolution of a NaviGAN eigenvector file.")
@click.option(
    "--basis",
    type=click.Path(path_type=Path),
    help="Eigenvector file that the directions of a NaviGAN checkpoint combine.",
)
@click.option("--licence", default="unknown", show_default=True, help="Of the file, SPDX.")
@click.option("--text", default="", help="For fs3: what the picture should show.")
@click.option("--neutral", default="a face", show_default=True, help="For fs3: the other text.")
@click.option("--beta", default=0.1, show_default=True, help="For fs3: relevance threshold.")
@click.option("--clip", default="", help="For fs3: text-image model or architecture.")
@click.option("--clip-weights", type=click.Path(path_type=Path), help="For fs3: CLIP's weights.")
@console.GENERATOR
@console.DEVICE
@console.FORCE
@console.JSON
def import_file(
    source: Path,
    output: Path | None,
    component: int | None,
    key: str,
    rows: str,
    generator: str | None,
    device: str | None,
    force: bool,
    as_json: bool,
    **told: Any,  # the remaining flags, see `_requests`
) -> None:
    r"""Import directions from a published file: arrays, GANSpace, SeFa, NaviGAN, StyleCLIP.

    With --generator they are checked against it and tied to it; with --as codes, latent codes
    become a latents file.

    \b
    Try:     dynode directions import stylegan_ffhq_age_w_boundary.npy
    Python:  dynode.importing.import_directions("stylegan_ffhq_age_w_boundary.npy")
    """
    from dynode.generator.loading import load_generator
    from dynode.pipeline import exchange
    from dynode.pipeline.directions import facts, write_directions

    request, texts = _requests(**told)
    if request.take_as == "codes":
        console.tell(str(exchange.write_codes(source, output, take_as="codes", force=force)))
        return
    loaded = load_generator(generator, device=device) if generator or texts else None
    if texts and loaded is not None:
        found = [exchange.imported_fs3(source, texts, request, loaded)]
    else:
        found = exchange.imported(
            source, request, generator=loaded, component=component, key=key, rows=rows
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


def _requests(
    *,
    name: str,
    space: str | None,
    take_as: str | None,
    layer: str,
    basis: Path | None,
    licence: str,
    text: str,
    **fs3: Any,
) -> tuple[Any, Any]:
    from dynode.importing import ImportRequest
    from dynode.pipeline.exchange import TextRequest

    request = ImportRequest(
        name=name,
        space=space or "",  # type: ignore[arg-type]  # click checked the choice
        take_as=take_as or "",  # type: ignore[arg-type]  # click checked the choice
        licence=licence,
        layer=layer,
        basis=basis,
    )
    return request, TextRequest(text, **fs3) if text else None


@click.command()
@click.argument("direction")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--scaled", is_flag=True, help="Multiply by the calibrated scale.")
@console.FORCE
@console.JSON
def export(direction: str, target: Path, scaled: bool, force: bool, as_json: bool) -> None:
    r"""Write a direction in its published form: .npy, .npz or .pt.

    \b
    Try:     dynode directions export smile smile.npy
    Python:  dynode.pipeline.exchange.exported("smile", "smile.npy")
    """
    from dynode.pipeline.exchange import exported

    told = exported(direction, target, scaled=scaled, force=force)
    if as_json:
        console.print_json({"output": str(target), "told": told})
        return
    console.say(told)
    console.tell(str(target))


@click.command("map")
@click.argument("direction")
@console.output_option("Direction file to write [default: NAME-w.safetensors].")
@console.GENERATOR
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
