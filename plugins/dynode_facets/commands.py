"""`dynode facets`: render data sets, train the bundled models again."""

from __future__ import annotations

from pathlib import Path

import click

from dynode.cli import console
from dynode_worlds.commands import RecipesGroup, render_command

_RECIPES = {
    "generator": ("dynode_facets.training.generator", "GeneratorRecipe", "train_generator"),
    "finer": ("dynode_facets.training.finer", "RefiningRecipe", "train_finer"),
    "clip": ("dynode_facets.training.clip", "ClipRecipe", "train_clip"),
    "scorer": ("dynode_facets.training.scorer", "ScorerRecipe", "train_scorer"),
    "readings": ("dynode_facets.training.readings", "ReadingsRecipe", "read_pictures"),
    "encoder": ("dynode_facets.training.encoder", "EncoderRecipe", "train_encoder"),
    "video": ("dynode_facets.training.video", "VideoRecipe", "train_video"),
    "micromotions": (
        "dynode_facets.training.micromotions",
        "MicromotionRecipe",
        "make_micromotions",
    ),
    "directions": ("dynode_facets.training.directions", "DirectionsRecipe", "find_library"),
}


@click.group()
def facets() -> None:
    """Render the synthetic world of facets, and train its models."""


@facets.command()
@click.option(
    "--count", type=click.IntRange(min=1), default=1024, show_default=True, help="Number of clips."
)
@click.option(
    "--frames", type=click.IntRange(min=2), default=64, show_default=True, help="Frames of a clip."
)
@click.option(
    "--fps",
    type=click.FloatRange(min=0.1),
    default=25.0,
    show_default=True,
    help="Frames a second.",
)
@click.option(
    "--ageing",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="How far a face ages, as a share of how far it does in the world.",
)
@console.SEED
@console.output_option("Safetensors file to write.", required=True)
@console.FORCE
@console.JSON
def trajectories(
    count: int,
    frames: int,
    fps: float,
    ageing: float,
    seed: int,
    output: Path,
    force: bool,
    as_json: bool,
) -> None:
    r"""Write clips of the world as exact codes of the bundled generator.

    They are what 'dynode train stylegan-v-motion' learns the bundled motion from.

    \b
    Try:     dynode facets trajectories --count 1024 -o clips.safetensors
    Python:  from dynode_facets.code_clips import write_code_clips
    """
    import dynode
    from dynode_facets.code_clips import write_code_clips

    generator = dynode.load_generator("facets-128")
    with console.progress_bar("writing codes") as progress:
        write_code_clips(
            count,
            output,
            seed,
            generator=generator,
            frames=frames,
            fps=fps,
            ageing=ageing,
            force=force,
            progress=progress,
        )
    console.tell_output(output, as_json=as_json)


facets.add_command(render_command("facets", shown="portraits", file="faces.zip"))
facets.add_command(RecipesGroup("facets", _RECIPES))
