"""The recipe of a world's ready micromotions: a few texts, one picture, whatever finds micromotions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dynode
from dynode.direction import Calibration, Direction
from dynode.generator import draw_population
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode.scoring import ChosenScorer, calibrate, mean_effect

if TYPE_CHECKING:
    import torch

    from dynode.generator import Generator
    from dynode_worlds.scorer import WorldScorer
    from dynode_worlds.world import World

_PICTURES = 64
_TRUNCATION = 0.7
_FIRST_STRENGTH = 0.2


@dataclass(frozen=True)
class ReadyMotion:
    """A text, and the factor it is measured by."""

    text: str
    factor: str


@dataclass(frozen=True)
class MicromotionRecipe:
    """What the ready micromotions are made with."""

    face: int = option(3, help="Seed of the picture that is edited by the texts.", min=0)
    seed: int = option(0, help="Seed of everything else that is random.", min=0)
    effect: float = option(
        1.5, help="How far the whole motion moves its factor.", unit="deviations", min=0.1, max=3.0
    )


def make_micromotions(
    world: World,
    motions: Mapping[str, ReadyMotion],
    load_scorer: Callable[[torch.device | str], WorldScorer],
    output: Path,
    recipe: MicromotionRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    progress: Progress = silent,
) -> None:
    """Make the ready micromotions; those that are there already are left alone.

    Args:
        world: What moves.
        motions: The motions by name.
        load_scorer: Loads what measures them.
        output: Folder to write `NAME.micromotion.safetensors` into.
        recipe: See `MicromotionRecipe`.
        folder: Not needed: each file is a stopping point.
        generator: What draws; None for the bundled one.
        progress: Called after every step of a text edit.
    """
    generator = generator or world.load_generator("cpu")
    scorer = ChosenScorer(f"{world.name}-scorer", load_scorer("cpu"), "")
    for index, (name, ready) in enumerate(motions.items()):
        path = output / f"{name}.micromotion.safetensors"

        def report(done: int, total: int, message: str = "", index: int = index) -> None:
            progress(index * total + done, len(motions) * total, message)

        if not path.exists():
            made_motion(name, ready, generator, scorer, recipe, report).save(path)


def made_motion(
    name: str,
    ready: ReadyMotion,
    generator: Generator,
    scorer: ChosenScorer,
    recipe: MicromotionRecipe,
    progress: Progress = silent,
) -> Direction:
    """Find one micromotion, and scale it so that the whole of it moves its factor by `effect`."""
    found = dynode.find(
        "micromotion",
        generator,
        text=ready.text,
        face=recipe.face,
        seed=recipe.seed,
        progress=progress,
    )
    assert isinstance(found, Direction)
    chosen = ChosenScorer(scorer.name, scorer.model, ready.factor)
    return whole_motion(found.with_info(name=name), generator, chosen, recipe.effect)


def whole_motion(
    found: Direction, generator: Generator, scorer: ChosenScorer, effect: float
) -> Direction:
    """Scale a motion so that strength 1 moves a factor by about `effect` deviations, its own way.

    Args:
        found: The motion; its sign stays.
        generator: What draws.
        scorer: Reads the factor, which the motion moves up or down.
        effect: Standard deviations; the measured effect is kept in the direction.
    """
    model, factor = scorer.model, scorer.attribute
    # From below: the whole way of one picture may be too far for another.
    begun = found.with_info(scale=_FIRST_STRENGTH)
    unit = calibrate(begun, generator, scorer, samples=_PICTURES, truncation=_TRUNCATION)
    scaled = found.with_info(scale=effect * abs(unit.info.scale))
    population = draw_population(generator, _PICTURES, seed=0, truncation=_TRUNCATION)
    moved = mean_effect(scaled, generator, model, population)(1.0).tolist()
    changes = {n: round(change, 4) for n, change in zip(model.attributes, moved, strict=True)}
    reached = changes.pop(factor)
    measured = Calibration(factor, reached, changes, _PICTURES, scorer.name)
    return scaled.with_info(
        unit=f"the whole motion, {reached:+.1f} standard deviations of {factor}",
        calibration=measured,
    )
