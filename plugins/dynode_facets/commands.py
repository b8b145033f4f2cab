"""`dynode facets`: render data sets, train the bundled models again."""

from __future__ import annotations

import click

from dynode_worlds.commands import RecipesGroup, render_command, trajectories_command

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


facets.add_command(render_command("facets", shown="portraits", file="faces.zip"))
facets.add_command(trajectories_command("facets"))
facets.add_command(RecipesGroup("facets", _RECIPES))
