"""Calibrate a direction file: measure it and set what strength 1 means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.options import build_options
from dynode.pipeline.library import direction_path
from dynode.pipeline.naming import without_strength
from dynode.plugins.methods import Progress, silent
from dynode.scoring.calibration import calibrate
from dynode.scoring.choosing import choose_scorer
from dynode.scoring.options import ScorerOptions


def calibrate_file(
    name: str | Path,
    generator: Generator | str | Path | None = None,
    *,
    device: str | None = None,
    output: Path | None = None,
    samples: int = 64,
    seed: int = 0,
    truncation: float = 0.7,
    lower: bool = False,
    force: bool = False,
    force_generator: bool = False,
    progress: Progress = silent,
    **measured_by: Any,  # the fields of ScorerOptions
) -> tuple[Direction, Path]:
    """Measure a direction's effect and write it with the strength that means one deviation.

    Args:
        name: Direction file, or the name of a ready one.
        generator: What draws the pictures it is measured on: a loaded generator, or what
            `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        output: Where to write; None for the file itself.
        samples: Pictures the mean effect is taken over.
        seed: Seed of these pictures.
        truncation: Their truncation.
        lower: Make strength 1 lower the attribute instead of raising it.
        force: Overwrite the output.
        force_generator: Accept a direction of another generator of the same shape.
        progress: Called after every measured strength.
        **measured_by: What measures, and which attribute; see `ScorerOptions`.

    Returns:
        The calibrated direction and its file.

    Raises:
        GeneratorMismatchError: The direction belongs to another generator.
        OptionError: It does not move the attribute by one deviation.
    """
    options = build_options(ScorerOptions, measured_by, owner="calibrate")
    path = direction_path(without_strength(name, "calibrated"))
    drawing = loaded(generator, device=device)
    direction = load_direction(path)
    direction.check(drawing.info, force=force_generator)
    target = output or path
    if target != path:
        files.check_free(target, force=force)
    scorer = choose_scorer(drawing, options, seed=seed, truncation=truncation)
    calibrated = calibrate(
        direction,
        drawing,
        scorer,
        samples=samples,
        seed=seed,
        truncation=truncation,
        lower=lower,
        progress=progress,
    )
    calibrated.save(target)
    return calibrated, target
