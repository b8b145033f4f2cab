"""`dynode generate`: draw pictures, or videos, of seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from dynode.cli import console
from dynode.cli.video_options import VideoRequest, refuse_foreign, video_options


@click.command()
@click.option("--seeds", default="0-15", show_default=True, help="Seeds such as 0-15 or 3,8,20-24.")
@console.truncation_option(0.7, "Truncation ψ: 1 none, 0 the mean picture, that of w_avg.")
@click.option(
    "--truncation-cutoff",
    type=click.IntRange(min=0),
    help="Truncate only so many first rows of the code; all if absent.",
)
@click.option(
    "--mix",
    metavar="SEEDS",
    help="Mix the styles of these seeds into every picture, a column for each.",
)
@click.option(
    "--mix-rows", metavar="ROWS", help="Rows of the code that are mixed in [default: 0-6]."
)
@click.option(
    "--noise",
    type=click.Choice(["const", "random", "none"]),
    default="const",
    show_default=True,
    help="The stored noise, fresh noise or none.",
)
@click.option("--columns", type=click.IntRange(min=1), help="Pictures a row; square if absent.")
@click.option(
    "--latents", type=click.Path(path_type=Path), help="Write the codes to this file too."
)
@video_options
@console.output_option("Picture, or video, folder or zip to write [default: generated.png, .mp4].")
@console.GENERATOR
@console.CLASS
@console.DEVICE
@console.FORCE
@console.JSON
@click.pass_context
def generate(
    context: click.Context,
    /,
    seeds: str,
    truncation: float,
    truncation_cutoff: int | None,
    mix: str | None,
    mix_rows: str | None,
    noise: Literal["const", "random", "none"],
    columns: int | None,
    latents: Path | None,
    output: Path | None,
    generator: str | None,
    class_index: str | None,
    device: str | None,
    force: bool,
    as_json: bool,
    video: bool,
    **video_settings: Any,  # what `video_options` adds, by name
) -> None:
    r"""Draw the pictures, or videos, of some seeds into one grid.

    \b
    Try:     dynode generate --seeds 0-15 --truncation 0.7 -o grid.png
    Python:  dynode.generate("0-15", truncation=0.7).save("grid.png")
    Videos:  dynode generate --video --grid 2x3 -o out.mp4
    """
    refuse_foreign(context, video)
    if video:
        given = context.get_parameter_source("seeds") is not click.core.ParameterSource.DEFAULT
        request = VideoRequest(
            seeds if given else None,
            truncation,
            noise,
            latents,
            output,
            generator,
            device,
            force,
            as_json,
        )
        return request.run({**video_settings, "class_number": class_index})
    import dynode
    from dynode import files
    from dynode.media.images import check_image_name
    from dynode.pipeline.generate import check_codes_name

    target = output or Path("generated.png")
    check_image_name(target)
    files.check_free(target, force=force)
    if latents:
        check_codes_name(latents)
        files.check_free(latents, force=force)
    with console.progress_bar("drawing") as progress:
        made = dynode.generate(
            seeds,
            generator=generator,
            device=device,
            class_index=class_index,
            truncation=truncation,
            truncation_cutoff=truncation_cutoff,
            mix=mix,
            mix_rows=mix_rows,
            noise=noise,
            progress=progress,
        )
    made.save(target, columns=columns)
    if latents:
        made.save_latents(latents)
    if as_json:
        drawn_by = made.generator.info.name
        console.print_json(
            {"output": str(target), "seeds": list(made.seeds), "generator": drawn_by}
        )
    else:
        console.tell(str(target))
