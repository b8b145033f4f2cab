"""`dynode facets`: render data sets, train the bundled models again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dynode.cli import click_options, console, split_method_options

_RECIPES = {
    "generator": ("dynode_facets.training.generator", "GeneratorRecipe", "train_generator"),
    "clip": ("dynode_facets.training.clip", "ClipRecipe", "train_clip"),
    "scorer": ("dynode_facets.training.scorer", "ScorerRecipe", "train_scorer"),
    "readings": ("dynode_facets.training.readings", "ReadingsRecipe", "read_portraits"),
    "encoder": ("dynode_facets.training.encoder", "EncoderRecipe", "train_encoder"),
    "video": ("dynode_facets.training.video", "VideoRecipe", "train_video"),
    "micromotions": (
        "dynode_facets.training.micromotions",
        "MicromotionRecipe",
        "make_micromotions",
    ),
    "directions": ("dynode_facets.training.directions", "DirectionsRecipe", "find_library"),
}
_FOLDERS = ("micromotions", "directions")


@click.group()
def facets() -> None:
    """Render the synthetic world of facets, and train its models."""


@facets.command()
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Number of pictures or clips.",
)
@click.option(
    "--kind",
    type=click.Choice(["images", "clips"]),
    default="images",
    show_default=True,
    help="What to draw.",
)
@click.option(
    "--resolution",
    type=click.IntRange(8, 2048),
    default=128,
    show_default=True,
    help="Side in pixels.",
)
@click.option("--frames", type=click.IntRange(min=2), default=16, help="Frames of a clip.")
@click.option("--fps", type=click.FloatRange(min=0.1), default=16.0, help="Frames a second.")
@console.SEED
@console.output_option("Zip file to write.", required=True)
@console.FORCE
def render(
    count: int,
    kind: str,
    resolution: int,
    frames: int,
    fps: float,
    seed: int,
    output: Path,
    force: bool,
) -> None:
    r"""Render portraits or clips with their factors and captions into a zip file.

    \b
    Try:     dynode facets render --count 1000 -o faces.zip
    Python:  from dynode_facets import dataset; dataset.render_dataset(1000, "faces.zip", seed=0)
    """
    from dynode import files
    from dynode_facets.dataset import render_dataset

    files.check_free(output, force=force)
    with console.progress_bar("rendering") as progress:
        render_dataset(
            count,
            output,
            seed,
            resolution=resolution,
            kind="clips" if kind == "clips" else "images",
            frames=frames,
            fps=fps,
            overwrite=force,
            progress=progress,
        )
    console.tell(str(output))


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
@console.SEED
@console.output_option("Safetensors file to write.", required=True)
@console.FORCE
def trajectories(count: int, frames: int, fps: float, seed: int, output: Path, force: bool) -> None:
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
            force=force,
            progress=progress,
        )
    console.tell(str(output))


class _Recipes(click.Group):
    """Builds the command of a recipe from its options, when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the recipes."""
        return list(_RECIPES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Build one."""
        return _recipe_command(cmd_name) if cmd_name in _RECIPES else None


@facets.group(cls=_Recipes)
def train() -> None:
    """Train a bundled model by its recipe; a stopped run goes on where it was."""


def _recipe_command(name: str) -> click.Command:
    from importlib import import_module

    from dynode.options import build_options

    module_name, class_name, function_name = _RECIPES[name]
    module = import_module(module_name)
    recipe_class = getattr(module, class_name)

    def train_model(output: Path, run_folder: Path, **values: Any) -> None:  # the recipe's options
        recipe = build_options(
            recipe_class, split_method_options(values), owner=f"the {name} recipe"
        )
        with console.progress_bar(f"training the {name}") as progress:
            getattr(module, function_name)(output, recipe, folder=run_folder, progress=progress)
        console.tell(str(output))

    suffix = "/" if name in _FOLDERS else ".safetensors"
    own: list[click.Parameter] = [
        click.Option(
            ["-o", "--output"],
            type=click.Path(path_type=Path),
            required=True,
            help="Folder of the files." if name in _FOLDERS else "Weights file to write.",
        ),
        click.Option(
            ["--run-folder"],
            type=click.Path(path_type=Path),
            default=Path("runs") / name,
            show_default=True,
            help="Where state and log are kept; a run in it is continued.",
        ),
    ]
    return click.Command(
        name,
        callback=train_model,
        params=[*click_options(recipe_class), *own],
        help=f"Train the {name}.\n\n\b\nTry:  dynode facets train {name} -o {name}{suffix}",
        short_help=f"Train the {name}.",
    )
