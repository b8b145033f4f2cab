"""Commands of a small world: render its data sets, train its models again."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import click

from dynode.cli import click_options, console, split_method_options

Recipes = Mapping[str, tuple[str, str, str]]
"""By name: the module, the class of its options, and its function."""

_FOLDERS = ("micromotions", "directions")

_RENDER_HELP = """Render {shown} or clips with their factors and captions into a zip file.

\b
Try:     dynode {world} render --count 1000 -o {file}
Python:  from dynode_{world} import dataset; dataset.render_dataset(1000, "{file}", seed=0)
"""


def render_command(world: str, *, shown: str, file: str) -> click.Command:
    """Build `dynode WORLD render`.

    Args:
        world: Name of the world, whose package is `dynode_WORLD`.
        shown: What its pictures are, in the plural.
        file: Name of a file in examples.
    """

    def render(
        kind: str, output: Path, force: bool, as_json: bool, **values: Any
    ) -> None:  # click's options
        from dynode import files

        files.check_free(output, force=force)
        write = import_module(f"dynode_{world}.dataset").render_dataset
        with console.progress_bar("rendering") as progress:
            write(output=output, kind=kind, overwrite=force, progress=progress, **values)
        console.tell_output(output, as_json=as_json)

    command = click.Command(
        "render",
        callback=render,
        params=_render_options(),
        help=_RENDER_HELP.format(world=world, shown=shown, file=file),
    )
    return _writing("Zip file to write.", command)


def _writing(output: str, command: click.Command) -> click.Command:
    """Add what every command has that draws by a seed and writes a file."""
    for decorate in (
        console.JSON,
        console.FORCE,
        console.output_option(output, required=True),
        console.SEED,
    ):
        command = decorate(command)
    return command


def _render_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--count"],
            type=click.IntRange(min=1),
            default=1000,
            show_default=True,
            help="Number of pictures or clips.",
        ),
        click.Option(
            ["--kind"],
            type=click.Choice(["images", "clips"]),
            default="images",
            show_default=True,
            help="What to draw.",
        ),
        click.Option(
            ["--resolution"],
            type=click.IntRange(8, 2048),
            default=128,
            show_default=True,
            help="Side in pixels.",
        ),
        click.Option(
            ["--frames"], type=click.IntRange(min=2), default=16, help="Frames of a clip."
        ),
        click.Option(
            ["--fps"], type=console.FiniteRange(min=0.1), default=16.0, help="Frames a second."
        ),
    ]


_TRAJECTORIES_HELP = """Write clips of the world as exact codes of the bundled generator.

They are what 'dynode train stylegan-v-motion' learns the bundled motion from.

\b
Try:     dynode {world} trajectories --count 1024 -o clips.safetensors
Python:  from dynode_{world}.code_clips import write_code_clips
"""


def trajectories_command(world: str) -> click.Command:
    """Build `dynode WORLD trajectories`.

    Args:
        world: Name of the world, whose package is `dynode_WORLD`.
    """

    def trajectories(
        count: int, seed: int, output: Path, shares: str, as_json: bool, **values: Any
    ) -> None:
        values["shares"] = [share for share in shares.split(",") if share]
        write = import_module(f"dynode_{world}.code_clips").write_code_clips
        generator = import_module(f"dynode_{world}.bundled").load_generator("cpu")
        with console.progress_bar("writing codes") as progress:
            write(count, output, seed, generator=generator, progress=progress, **values)
        console.tell_output(output, as_json=as_json)

    command = click.Command(
        "trajectories",
        callback=trajectories,
        params=_trajectory_options(),
        help=_TRAJECTORIES_HELP.format(world=world),
    )
    return _writing("Safetensors file to write.", command)


def _trajectory_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--count"],
            type=click.IntRange(min=1),
            default=1024,
            show_default=True,
            help="Number of clips.",
        ),
        click.Option(
            ["--frames"],
            type=click.IntRange(min=2),
            default=64,
            show_default=True,
            help="Frames of a clip.",
        ),
        click.Option(
            ["--fps"],
            type=console.FiniteRange(min=0.1),
            default=25.0,
            show_default=True,
            help="Frames a second.",
        ),
        click.Option(
            ["--shares"],
            default="",
            metavar="FACTOR=SHARE,...",
            help="How far factors move, as shares of how far they do in the world.",
        ),
    ]


class RecipesGroup(click.Group):
    """Builds the command of a recipe from its options, when it is asked for."""

    def __init__(self, world: str, recipes: Recipes) -> None:
        """Make the group `dynode WORLD train`."""
        super().__init__(
            "train",
            help="Train a bundled model by its recipe; a stopped run goes on where it was.",
        )
        self._world, self._recipes = world, recipes

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the recipes."""
        return list(self._recipes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Build one."""
        if cmd_name not in self._recipes:
            return None
        return _recipe_command(self._world, cmd_name, self._recipes[cmd_name])


def _recipe_command(world: str, name: str, recipe: tuple[str, str, str]) -> click.Command:
    from dynode.options import build_options

    module_name, class_name, function_name = recipe
    module = import_module(module_name)
    recipe_class = getattr(module, class_name)

    train = getattr(module, function_name)
    taken = signature(train).parameters
    keeps_run = "folder" in taken  # what takes moments keeps no state

    def train_model(
        output: Path,
        as_json: bool,
        run_folder: Path | None = None,
        force: bool | None = None,
        **values: Any,
    ) -> None:
        kept: dict[str, Any] = {"folder": run_folder} if keeps_run else {}
        kept |= {} if force is None else {"force": force}
        chosen = build_options(
            recipe_class, split_method_options(values), owner=f"the {name} recipe"
        )
        with console.progress_bar(f"training the {name}") as progress:
            train(output, chosen, **kept, progress=progress)
        console.tell_output(output, as_json=as_json)

    suffix = "/" if name in _FOLDERS else ".safetensors"
    command = click.Command(
        name,
        callback=train_model,
        params=[*click_options(recipe_class), *_places(name, keeps_run)],
        help=f"Train the {name}.\n\n\b\nTry:  dynode {world} train {name} -o {name}{suffix}",
        short_help=f"Train the {name}.",
    )
    return console.JSON(console.FORCE(command) if "force" in taken else command)


def _places(name: str, keeps_run: bool) -> list[click.Parameter]:
    """Where the result goes and, of what takes long, where its run is kept."""
    options: list[click.Parameter] = [
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
    return options if keeps_run else options[:1]
