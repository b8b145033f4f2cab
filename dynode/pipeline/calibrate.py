"""Calibrate a direction file: measure it and set what strength 1 means."""

from __future__ import annotations

from pathlib import Path

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.generator.protocol import Generator
from dynode.pipeline.library import direction_path
from dynode.plugins.methods import Progress, silent
from dynode.scoring.calibration import calibrate
from dynode.scoring.choosing import choose_scorer
from dynode.scoring.options import ScorerOptions


def calibrate_file(
    name: str | Path,
    generator: Generator,
    options: ScorerOptions,
    *,
    output: Path | None = None,
    samples: int = 64,
    seed: int = 0,
    truncation: float = 0.7,
    lower: bool = False,
    force: bool = False,
    force_generator: bool = False,
    progress: Progress = silent,
) -> tuple[Direction, Path]:
    """Measure a direction's effect and write it with the strength that means one deviation.

    Args:
        name: Direction file, or the name of a ready one.
        generator: What draws the pictures it is measured on.
        options: What measures, and which attribute.
        output: Where to write; None for the file itself.
        samples: Pictures the mean effect is taken over.
        seed: Seed of these pictures.
        truncation: Their truncation.
        lower: Make strength 1 lower the attribute instead of raising it.
        force: Overwrite the output.
        force_generator: Accept a direction of another generator of the same shape.
        progress: Called after every measured strength.

    Returns:
        The calibrated direction and its file.

    Raises:
        GeneratorMismatchError: The direction belongs to another generator.
        OptionError: It does not move the attribute by one deviation.
    """
    path = direction_path(name)
    direction = load_direction(path)
    direction.check(generator.info, force=force_generator)
    target = output or path
    if target != path:
        files.check_free(target, force=force)
    scorer = choose_scorer(generator, options, seed=seed, truncation=truncation)
    calibrated = calibrate(
        direction,
        generator,
        scorer,
        samples=samples,
        seed=seed,
        truncation=truncation,
        lower=lower,
        progress=progress,
    )
    calibrated.save(target)
    return calibrated, target
