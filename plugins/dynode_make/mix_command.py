"""`dynode mix`: some rows of one picture's code with the other rows of another's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console
from dynode_make.point_options import takes_points

if TYPE_CHECKING:
    from dynode_make.mixtures import Mixture


@click.command()
@click.argument("base", metavar="BASE")
@click.argument("looks", metavar="LOOK")
@click.option(
    "--rows",
    show_default="8-",
    help="Rows of the code from LOOK, such as 8- or 0,3-5, or zones: coarse, middle, fine.",
)
@click.option("--alone", is_flag=True, help="Leave the pictures that are mixed out of the table.")
@click.option(
    "--noise",
    type=click.Choice(["const", "random", "none"]),
    default="const",
    show_default=True,
    help="The stored noise, fresh noise or none.",
)
@click.option(
    "--latents", type=click.Path(path_type=Path), help="Write the mixed codes to this file too."
)
@takes_points
@console.output_option("Picture to write [default: mixed.png].")
@console.FORCE
@console.JSON
def mix(
    alone: bool,
    latents: Path | None,
    opening: dict[str, Any],
    output: Path | None,
    force: bool,
    as_json: bool,
    **asked: Any,  # what stands above besides, by the names of `dynode_make.mix`
) -> None:
    r"""Give the pictures of BASE the style of those of LOOK: one picture, or a table of all pairs.

    Each is seeds, files of codes or pictures, divided by commas: 0-3, face.png or codes.safetensors,7.

    \b
    Try:     dynode mix 0-3 4-8 --rows fine -o table.png
    One:     dynode mix face.png look.png --rows 8- -o mixed.png
    Python:  dynode_make.mix("0-3", "4-8").save("table.png")
    """
    import dynode_make
    from dynode import files
    from dynode.media import check_image_name

    target = output or Path("mixed.png")
    check_image_name(target)
    files.check_free(target, force=force)
    _check_codes(latents, force)
    with console.progress_bar("mixing") as progress:
        made = dynode_make.mix(progress=progress, **asked, **opening)
        made.save(target, with_sources=not alone, progress=progress)
    if latents:
        made.save_latents(latents)
    _report(made, target, as_json=as_json)


def _check_codes(latents: Path | None, force: bool) -> None:
    from dynode import files
    from dynode.pipeline import check_codes_name

    if latents:
        check_codes_name(latents)
        files.check_free(latents, force=force)


def _report(made: Mixture, target: Path, *, as_json: bool) -> None:
    if not as_json:
        console.tell(str(target))
        return
    console.print_json(
        {
            "output": str(target),
            "base": list(made.names[0]),
            "look": list(made.names[1]),
            "rows": list(made.rows),
            "generator": made.generator.info.name,
        }
    )
