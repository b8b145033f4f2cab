"""The recipe of the ready micromotions: five texts, one face, whatever finds micromotions."""

from __future__ import annotations

from collections.abc import Mapping
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
    from dynode.generator import Generator

_PICTURES = 64
_TRUNCATION = 0.7
_FIRST_STRENGTH = 0.2


@dataclass(frozen=True)
class ReadyMotion:
    """A text, and the factor it is measured by."""

    text: str
    factor: str


MOTIONS: Mapping[str, ReadyMotion] = {
    "smile": ReadyMotion("a face with a {degree} smile", "smile"),
    "angry": ReadyMotion("a face, {degree} angry", "brow"),
    "ageing": ReadyMotion("a {degree} old person", "age"),
    "eyes-closed": ReadyMotion("a face with eyes {degree} closed", "eye_open"),
    "head-turn": ReadyMotion("a face, head turned {degree} to the right", "yaw"),
}


@dataclass(frozen=True)
class MicromotionRecipe:
    """What the ready micromotions are made with."""

    face: int = option(3, help="Seed of the face that is edited by the texts.", min=0)
    seed: int = option(0, help="Seed of everything else that is random.", min=0)
    effect: float = option(
        1.5, help="How far the whole motion moves its factor.", unit="deviations", min=0.1, max=3.0
    )


def make_micromotions(
    output: Path, recipe: MicromotionRecipe, *, folder: Path, progress: Progress = silent
) -> None:
    """Make the ready micromotions; those that are there already are left alone.

    Args:
        output: Folder to write `smile.micromotion.safetensors` and the others into.
        recipe: See `MicromotionRecipe`.
        folder: Not needed: each file is a stopping point.
        progress: Called after every step of a text edit.
    """
    from dynode_facets.bundled import load_generator

    generator = load_generator("cpu")
    for index, (name, ready) in enumerate(MOTIONS.items()):
        path = output / f"{name}.micromotion.safetensors"

        def report(done: int, total: int, message: str = "", index: int = index) -> None:
            progress(index * total + done, len(MOTIONS) * total, message)

        if not path.exists():
            made_motion(name, ready, generator, recipe, report).save(path)


def made_motion(
    name: str,
    ready: ReadyMotion,
    generator: Generator,
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
    return whole_motion(found.with_info(name=name), ready.factor, generator, recipe.effect)


def whole_motion(found: Direction, factor: str, generator: Generator, effect: float) -> Direction:
    """Scale a motion so that strength 1 moves a factor by about `effect` deviations, its own way.

    Args:
        found: The motion; its sign stays.
        factor: What it moves, up or down.
        generator: What draws.
        effect: Standard deviations; the measured effect is kept in the direction.
    """
    from dynode_facets.scorer import load_scorer

    model = load_scorer("cpu")
    scorer = ChosenScorer("facets-scorer", model, factor)
    # From below: the whole way of one face may be too far for another.
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
