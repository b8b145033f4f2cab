"""`dynode generate`: draw pictures of seeds."""

from __future__ import annotations

from pathlib import Path

import click

from dynode.cli import console


@click.command()
@click.option("--seeds", default="0-15", show_default=True, help="Seeds such as 0-15 or 3,8,20-24.")
@click.option(
    "--truncation",
    type=console.FINITE,
    default=0.7,
    show_default=True,
    help="1 none, 0 the mean picture.",
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
@console.output_option("Picture to write [default: generated.png].")
@console.GENERATOR
@console.DEVICE
@console.FORCE
@console.JSON
def generate(
    seeds: str,
    truncation: float,
    noise: str,
    columns: int | None,
    latents: Path | None,
    output: Path | None,
    generator: str | None,
    device: str | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Draw the pictures of some seeds into one grid.

    \b
    Try:     dynode generate --seeds 0-15 --truncation 0.7 -o grid.png
    Python:  g = dynode.load_generator(); g.synthesize(g.sample(16, seed=0))
    """
    from dynode.pipeline import generate as steps

    target = output or Path("generated.png")
    chosen = steps.parse_seeds(seeds)
    with console.progress_bar("drawing") as progress:
        made = steps.generate_grid(
            chosen,
            target,
            generator=generator,
            device=device,
            truncation=truncation,
            noise=noise,
            columns=columns,
            latents_path=latents,
            force=force,
            progress=progress,
        )
    if as_json:
        console.print_json({"output": str(target), "seeds": chosen, "generator": made.name})
    else:
        click.echo(str(target))
