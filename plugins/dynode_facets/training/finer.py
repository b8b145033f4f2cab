"""Train the block that draws the bundled generator's portraits at 256 px."""

from __future__ import annotations

from pathlib import Path

from dynode.plugins import Progress, silent
from dynode.stylegan2 import load_cropped
from dynode_facets.bundled import weights_path
from dynode_facets.world import FACETS
from dynode_worlds.training.refining import RefiningRecipe, train_refinement

__all__ = ["RefiningRecipe", "train_finer"]


def train_finer(
    output: Path, recipe: RefiningRecipe, *, folder: Path, progress: Progress = silent
) -> None:
    """Train, or continue, and write the block.

    Args:
        output: File to write.
        recipe: See `RefiningRecipe`.
        folder: Where the run keeps its state and its log.
        progress: Called after every step.
    """
    generator = load_cropped(weights_path("generator"), "")
    train_refinement(FACETS, generator, output, recipe, folder=folder, progress=progress)
