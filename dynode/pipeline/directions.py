"""Find, import, show and export directions: the steps behind `dynode find` and `directions`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.file import load_direction as read_direction_file
from dynode.direction.z import ZDirection
from dynode.errors import DynodeError, GeneratorMismatchError, OptionError
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.importing import import_directions
from dynode.latents.latents import Latents
from dynode.pipeline.generate import synthesize_batches
from dynode.pipeline.library import SUFFIX, direction_path, file_stems, still_library
from dynode.pipeline.naming import split_strength, without_strength


def write_directions(
    directions: Sequence[Direction], target: Path | None, *, force: bool = False
) -> list[Path]:
    """Write one direction to a file, or several into a folder.

    Args:
        directions: What to write.
        target: A `.safetensors` file for one direction, a folder for several; None names it after
            the direction, in the current folder.
        force: Overwrite.

    Returns:
        The files.

    Raises:
        OptionError: Several directions were to go into one file.
        OutputExistsError: A file exists; nothing was written.
    """
    if target is not None and target.suffix == SUFFIX:
        if len(directions) > 1:
            raise OptionError(
                f"{len(directions)} directions do not fit into {target.name}; give a folder with -o, or "
                f"choose one by --component or --key"
            )
        paths = [target]
    elif target is not None and target.suffix and not target.is_dir():
        raise OptionError(
            f"cannot write {target.name}: a direction is a {SUFFIX} file; several go into a folder"
        )
    else:
        folder = target or Path()
        stems = file_stems([direction.info.name for direction in directions])
        paths = [folder / f"{stem}{SUFFIX}" for stem in stems]
    for path in paths:
        files.check_free(path, force=force)
    for direction, path in zip(directions, paths, strict=True):
        direction.save(path)
    return paths


def check_target(target: Path | None, *, force: bool) -> None:
    """Refuse a file that exists before any work is done; folders are checked when they are filled.

    Raises:
        OutputExistsError: It exists and `force` is off.
    """
    if target is not None and target.suffix == SUFFIX:
        files.check_free(target, force=force)


def load_any(name: str | Path) -> list[Direction]:
    """Load a direction by file or name, or those of a file in a published format."""
    path = direction_path(name)
    if path.suffix == SUFFIX or _is_safetensors(path):
        return [read_direction_file(path)]
    return import_directions(path)


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(9)[8:] == b"{"  # after the length of the header


def load_direction(name: str | Path) -> Direction:
    """Load a direction as `dynode.edit` does: by its file, by name, or out of a published format.

    Args:
        name: Name of a ready direction such as `"smile"` (`dynode directions list`), a file that
            `Direction.save` wrote, or one in a published format that holds a single direction.

    Raises:
        UnknownNameError: There is no such file and no direction of that name.
        OptionError: The file holds several, or a strength was given too.
        DirectionFileError: The file holds something else, or is damaged; the message says what.
    """
    plain, strength = split_strength(os.fspath(name))
    if strength != 1:
        raise OptionError(
            f"{os.fspath(name)!r} asks for a strength, which a direction by itself has none of; load "
            f"{plain!r} and give the strength to apply, or the whole text to dynode.edit"
        )
    found = load_any(plain)
    if len(found) > 1:
        names = ", ".join(direction.info.name for direction in found[:4])
        raise OptionError(
            f"{Path(name).name} holds {len(found)} directions ({names}{', …' * (len(found) > 4)}); expected "
            f"one; import them with 'dynode directions import {Path(name).name}' and name one"
        )
    return found[0]


def ready_directions(info: GeneratorInfo) -> dict[str, Direction]:
    """Return the directions that can be named and fit a generator, by name; motions are left out.

    A file that cannot be read is none of them: `dynode directions list` says what is wrong with it.
    """
    found = dict[str, Direction]()
    for name, path in still_library().items():
        with contextlib.suppress(DynodeError):
            direction = read_direction_file(path)
            if fits(direction, info):
                found[name] = direction
    return found


def map_direction(name: str | Path, generator: Generator) -> Direction:
    """Carry a direction in Z through a generator's mapping network to W.

    Raises:
        OptionError: It is in another space.
    """
    direction = read_direction_file(direction_path(without_strength(name, "mapped")))
    if not isinstance(direction, ZDirection):
        raise OptionError(
            f"{Path(name).name} is a direction of space {direction.space!r}; only one in Z can be carried "
            f"to W"
        )
    return direction.ready_for(generator)


def strip(
    direction: Direction,
    generator: Generator,
    strengths: Sequence[float],
    *,
    count: int = 3,
    seed: int = 0,
    force: bool = False,
) -> Tensor:
    """Draw sampled pictures at several strengths.

    Args:
        direction: Any kind; one in Z moves the z of the pictures.
        generator: What draws.
        strengths: One column each.
        count: Pictures, one row each.
        seed: Seed of the first.
        force: Accept a direction of another generator of the same shape.

    Returns:
        (count * len(strengths), 3, h, w) on the CPU, row by row.

    Raises:
        GeneratorMismatchError: The direction belongs to another generator.
    """
    direction.check(generator.info, force=force)
    codes = []
    for index in range(count):
        population = draw_population(generator, 1, seed=seed + index, truncation=0.7)
        codes += [direction.move_population(population, generator, s) for s in strengths]
    return synthesize_batches(generator, Latents.cat(codes))


def fits(direction: Direction, info: GeneratorInfo) -> bool:
    """Say whether a direction has the shape and the fingerprint of a generator."""
    try:
        direction.check(info)
    except GeneratorMismatchError:
        return False
    return True


def facts(direction: Direction) -> dict[str, Any]:
    """Describe a direction in plain values with stable keys."""
    told = direction.info
    return {
        "name": told.name,
        "space": direction.space,
        "moves": direction.moves,
        "length": round(direction.length, 6),
        **{
            key: value
            for key, value in dataclasses.asdict(told).items()
            if key not in ("name", "calibration")
        },
        "calibration": dataclasses.asdict(told.calibration),
    }
