"""Train a scorer of landscapes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dynode
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode_skies.world import SKIES
from dynode_worlds.training import scorer


@dataclass(frozen=True)
class ScorerRecipe(scorer.ScorerRecipe):
    """Options of `train_scorer`."""

    synthesized: float = option(
        0.0, help="Share of the pictures that a generator draws.", min=0.0, max=1.0
    )
    drawn_by: str = option("", help="That generator, by name or file.")


def train_scorer(
    output: Path,
    recipe: ScorerRecipe,
    *,
    folder: Path,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Train a scorer of landscapes; see `dynode_worlds.training.scorer.train_scorer`."""
    generator = dynode.load_generator(recipe.drawn_by) if recipe.drawn_by else None
    scorer.train_scorer(
        SKIES,
        output,
        recipe,
        folder=folder,
        generator=generator,
        force=force,
        progress=progress,
        until=until,
    )
