"""`dynode generators blend`: two networks of one ancestry joined."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console

if TYPE_CHECKING:
    from dynode_make.blends import Blend
    from dynode_make.fitting_directions import FittingDirection


@click.command("generators blend")
@click.argument("first")
@click.argument("second")
@click.option("--resolution", type=int, help="First block of SECOND [default: the middle one].")
@click.option("--soft", type=int, default=0, show_default=True, help="Blocks below that fade.")
@click.option("--average", type=console.FINITE, help="Instead: share of SECOND in every weight.")
@click.option(
    "--amount", type=console.FINITE, default=1.0, show_default=True, help="Multiplies the shares."
)
@click.option(
    "--slider", type=click.Path(path_type=Path), help="Write the way to it as a direction of FIRST."
)
@click.option("--rank", type=int, help="Largest rank of the slider's offsets, for a small file.")
@click.option(
    "--sheet", type=click.Path(path_type=Path), help="Write a picture: FIRST, the blend, SECOND."
)
@click.option(
    "--directions",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Measure ready directions of both on 32 pictures, and write those that fit here.",
)
@console.DEVICE
@console.output_option("Checkpoint to write [default: blend.safetensors].")
@console.FORCE
@console.JSON
def blend(
    slider: Path | None,
    rank: int | None,
    sheet: Path | None,
    folder: Path | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    **asked: Any,  # what stands above besides, by the names of `dynode_make.blend`
) -> None:
    r"""Join the coarse blocks of FIRST and the fine ones of SECOND, which was fine-tuned from it.

    \b
    Try:     dynode generators blend facets-128 cartoon.safetensors --resolution 32 -o blend.safetensors
    Python:  dynode_make.blend("facets-128", "cartoon.safetensors").save("blend.safetensors")
    """
    import dynode_make

    target = output or Path("blend.safetensors")
    _check(target, slider, rank, sheet, force)
    with console.progress_bar("blending") as progress:
        made = dynode_make.blend(**asked, name=target.stem)
        found = made.directions(progress=progress) if folder else ()
        _write(made, found, folder, force)
        if slider:
            made.slider(rank=rank).save(slider)
        if sheet:
            made.save_sheet(sheet, progress=progress)
        made.save(target, force=force)
    _report(made, found, target, as_json=as_json)


def _check(
    target: Path, slider: Path | None, rank: int | None, sheet: Path | None, force: bool
) -> None:
    from dynode import files
    from dynode.errors import OptionError
    from dynode.media import check_image_name
    from dynode_make.blends import check_network_name

    check_network_name(target)
    if rank is not None and not slider:
        raise OptionError("--rank applies only with --slider; add that or leave it out")
    if sheet:
        check_image_name(sheet)
    if slider and slider.suffix != ".safetensors":
        raise OptionError(f"--slider is {slider.name}; a direction is a .safetensors file")
    for path in filter(None, (target, slider, sheet)):
        files.check_free(path, force=force)


def _write(
    made: Blend, found: tuple[FittingDirection, ...], folder: Path | None, force: bool
) -> None:
    from dynode_make.fitting_directions import save_fitting

    if folder:
        save_fitting(found, folder, force=force)


def _report(
    made: Blend, found: tuple[FittingDirection, ...], target: Path, *, as_json: bool
) -> None:
    if as_json:
        told = {"output": str(target), "kinship": made.kinship, "shares": dict(made.shares)}
        console.print_json(told | {"directions": [one.document() for one in found]})
        return
    for one in found:
        verdict = "kept" if one.fits else "left out"
        console.say(
            f"{one.name:<14} {one.attribute} {one.before:+.2f} on {one.parent}, {one.after:+.2f} here: "
            f"{verdict}"
        )
    console.tell(str(target))
