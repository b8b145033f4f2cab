"""`dynode skies`: render data sets, train the models."""

from __future__ import annotations

import click

from dynode_worlds.commands import RecipesGroup, render_command, trajectories_command

_RECIPES = {
    "clip": ("dynode_skies.training.clip", "ClipRecipe", "train_clip"),
    "directions": ("dynode_skies.training.directions", "DirectionsRecipe", "write_library"),
    "generator": ("dynode_skies.training.generator", "GeneratorRecipe", "train_generator"),
    "micromotions": (
        "dynode_skies.training.micromotions",
        "MicromotionRecipe",
        "make_micromotions",
    ),
    "readings": ("dynode_skies.training.readings", "ReadingsRecipe", "read_pictures"),
    "scorer": ("dynode_skies.training.scorer", "ScorerRecipe", "train_scorer"),
    "video": ("dynode_skies.training.video", "VideoRecipe", "train_video"),
}


@click.group()
def skies() -> None:
    """Render the synthetic world of skies, landscapes, and train its models."""


skies.add_command(render_command("skies", shown="landscapes", file="skies.zip"))
skies.add_command(trajectories_command("skies"))
skies.add_command(RecipesGroup("skies", _RECIPES))
