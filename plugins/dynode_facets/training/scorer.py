"""Train the bundled scorer."""

from __future__ import annotations

from pathlib import Path

from dynode.generator import Generator
from dynode.plugins import Progress, silent
from dynode_facets.bundled import load_generator
from dynode_facets.world import FACETS
from dynode_worlds.training import scorer
from dynode_worlds.training.scorer import ScorerRecipe

__all__ = ["ScorerRecipe", "train_scorer"]


def train_scorer(
    output: Path,
    recipe: ScorerRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Train a scorer; without a generator the bundled one draws a part of the pictures.

    See `dynode_worlds.training.scorer.train_scorer`.
    """
    if generator is None and recipe.synthesized:
        generator = load_generator("cpu")
    scorer.train_scorer(
        FACETS,
        output,
        recipe,
        folder=folder,
        generator=generator,
        force=force,
        progress=progress,
        until=until,
    )
