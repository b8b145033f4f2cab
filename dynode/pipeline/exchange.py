"""Directions and codes from published files, and back into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.errors import OptionError, UnknownNameError
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.generator.rows import parse_rows
from dynode.importing import ImportRequest, export_direction, import_codes
from dynode.importing.recognition import read_directions, recognise
from dynode.importing.request import short_name, slug
from dynode.pipeline.library import SUFFIX, direction_path
from dynode.pipeline.naming import without_strength

_NO_GENERATOR = "--device is for the generator, and none is loaded; add --generator or leave it out"


def select(
    directions: Sequence[Direction], *, component: int | None = None, key: str = ""
) -> list[Direction]:
    """Keep the direction of an index or a name; all without either.

    Raises:
        OptionError: There is no such index, or both were given.
        UnknownNameError: There is no such name.
    """
    if component is not None and key:
        raise OptionError("--component and --key both choose one of many; leave one of them out")
    if component is not None and not 0 <= component < len(directions):
        raise OptionError(
            f"--component is {component}; the file holds {len(directions)} directions, counted from 0"
        )
    if component is not None:
        return [directions[component]]
    if not key:
        return list(directions)
    kept = [direction for direction in directions if direction.info.name in (key, slug(key))]
    if not kept:
        raise UnknownNameError("direction in the file", key, [d.info.name for d in directions])
    return kept


def import_file(
    path: Path,
    request: ImportRequest,
    *,
    format: str = "",
    options: Mapping[str, Any] = MappingProxyType({}),  # those of the format
    generator: str | None = None,
    device: str | None = None,
    component: int | None = None,
    key: str = "",
    rows: str = "",
) -> list[Direction]:
    """Import directions and, with a generator, check that they fit and tie them to it.

    Args:
        path: A published file.
        request: What the user says about it.
        format: Name of its format; empty to recognise it.
        options: What else the format asks for.
        generator: Name or file of the generator they belong to; the default one for a format that needs
            some.
        device: Where the generator computes.
        component: Take one of many, counted from 0.
        key: Take one of many by its name.
        rows: Rows of W+ to move, such as `0-3`; all if empty.

    Raises:
        OptionError: Rows of a direction that has none, or of no generator.
        GeneratorMismatchError: They do not fit the generator.
        DirectionFileError: See `import_directions`.
    """
    chosen, file = recognise(path, request, format=format, options=options)
    wanted = generator is not None or chosen.needs_generator
    if device is not None and not wanted:
        raise OptionError(_NO_GENERATOR)
    loaded = load_generator(generator, device=device) if wanted else None
    found = read_directions(chosen, file, options, generator=loaded)
    kept = select(found, component=component, key=key)
    return [_limit(_tie(direction, loaded), rows, loaded) for direction in kept]


def _limit(direction: Direction, rows: str, generator: Generator | None) -> Direction:
    """Move only some rows of W+."""
    if not rows:
        return direction
    if generator is None:
        raise OptionError(
            f"--rows is {rows!r}, but direction {direction.info.name!r} is of no generator yet, whose rows "
            f"were to be counted; add --generator NAME"
        )
    return limit_rows(direction, rows, generator.info)


def limit_rows(direction: Direction, rows: str, info: GeneratorInfo) -> Direction:
    """Return a direction that moves only some rows of W+, and says which in its options.

    Args:
        direction: What is limited; not modified.
        rows: Which, such as `0-3` or `fine`, see `dynode.scoring.parse_rows`.
        info: The generator whose rows are counted.

    Raises:
        OptionError: There are no such rows, or the direction moves no rows of W+.
    """
    mask = torch.zeros(info.num_layers, dtype=torch.bool)
    mask[parse_rows(rows, info)] = True
    return direction.on_rows(mask).with_info(options={**direction.info.options, "rows": rows})


def _tie(direction: Direction, generator: Generator | None) -> Direction:
    if generator is None:
        return direction
    direction.check(generator.info)
    return direction.with_info(
        fingerprint=generator.info.fingerprint, generator=generator.info.name
    )


def write_codes(
    path: Path,
    target: Path | None,
    *,
    generator: str | None = None,
    device: str | None = None,
    force: bool = False,
) -> Path:
    """Import latent codes and write them as a latents file.

    Args:
        path: A published file.
        target: The file to write; None names it after the other.
        generator: Name or file of the generator they belong to, which tells for how many rows a code
            of W is repeated.
        device: Where the generator is loaded.
        force: Replace a file that exists.
    """
    if device is not None and generator is None:
        raise OptionError(_NO_GENERATOR)
    rows = load_generator(generator, device=device).info.num_layers if generator else None
    codes = import_codes(path, ImportRequest(take_as="codes"), rows=rows)
    output = target or Path(short_name(path) + SUFFIX)
    files.check_free(output, force=force)
    codes.save(output)
    return output


def export_file(
    name: str | Path,
    target: str | Path,
    *,
    scaled: bool = False,
    format: str = "",
    force: bool = False,
) -> str:
    """Write a direction in a published form; see `export_direction`."""
    target = Path(target)
    direction = load_direction(direction_path(without_strength(name, "exported")))
    files.check_free(target, force=force)
    return export_direction(direction, target, scaled=scaled, format=format)
