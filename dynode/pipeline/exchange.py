"""Directions and codes from published files, and back into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.errors import OptionError, UnknownNameError
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator
from dynode.importing import ImportRequest, export_direction, import_codes, import_directions
from dynode.importing.fs3 import fs3_direction, read_fs3
from dynode.importing.request import short_name, slug
from dynode.pipeline.library import SUFFIX, direction_path
from dynode.scoring.components import parse_rows
from dynode.text import check_text, load_text_model, text_axis
from dynode.version import __version__

_STYLE_SAMPLES = 2000


def select(
    directions: Sequence[Direction], *, component: int | None = None, key: str = ""
) -> list[Direction]:
    """Keep the direction of an index or a name; all without either.

    Raises:
        OptionError: There is no such index.
        UnknownNameError: There is no such name.
    """
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


def imported(
    path: Path,
    request: ImportRequest,
    *,
    generator: Generator | None = None,
    component: int | None = None,
    key: str = "",
    rows: str = "",
) -> list[Direction]:
    """Import directions and, with a generator, check that they fit and tie them to it.

    Args:
        path: The published file.
        request: What is said of it.
        generator: What the directions are for.
        component: Take one of many, by number.
        key: Take one of many, by name.
        rows: Rows of W+ to move, such as `0-3`, as GANSpace's edits name them; all if empty.

    Raises:
        OptionError: Rows of a direction that has none, or of no generator.
        GeneratorMismatchError: They do not fit the generator.
        DirectionFileError: See `import_directions`.
    """
    found = select(import_directions(path, request), component=component, key=key)
    return [_limited(_tied(direction, generator), rows, generator) for direction in found]


def _limited(direction: Direction, rows: str, generator: Generator | None) -> Direction:
    """Move only some rows of W+."""
    if not rows:
        return direction
    if not isinstance(direction, LinearDirection) or generator is None:
        lacking = (
            "moves no rows of W+; leave --rows out"
            if generator is not None
            else "is of no generator yet, whose rows were to be counted; add --generator NAME"
        )
        raise OptionError(f"--rows is {rows!r}, but direction {direction.info.name!r} {lacking}")
    mask = torch.zeros(generator.info.num_layers, dtype=torch.bool)
    mask[parse_rows(rows, generator.info)] = True
    info = direction.info
    return LinearDirection(
        direction.delta, mask, info=replace(info, options={**info.options, "rows": rows})
    )


def _tied(direction: Direction, generator: Generator | None) -> Direction:
    if generator is None:
        return direction
    direction.check(generator.info)
    return direction.with_info(
        fingerprint=generator.info.fingerprint, generator=generator.info.name
    )


@dataclass(frozen=True)
class TextRequest:
    """The texts that turn channel directions (fs3) into a direction.

    Attributes:
        text: What the picture should show.
        neutral: What it shows otherwise.
        beta: Smallest relevance of a style channel that is moved.
        clip: Text-image model or architecture.
        clip_weights: Weights of a real CLIP.
    """

    text: str
    neutral: str = "a face"
    beta: float = 0.1
    clip: str = ""
    clip_weights: Path | None = None


def imported_fs3(
    path: Path, texts: TextRequest, request: ImportRequest, generator: Generator
) -> Direction:
    """Turn StyleCLIP's channel directions and a text into a StyleSpace direction.

    Raises:
        DirectionFileError: The file, the generator and the text model do not belong together.
        OptionError: No channel is relevant enough.
    """
    fs3 = read_fs3(path)
    info = generator.info
    model = load_text_model(
        info, device=generator.device, name=texts.clip, weights=texts.clip_weights
    )
    wanted, neutral = (check_text(model, text) for text in (texts.text, texts.neutral))
    axis = text_axis(model, wanted, neutral)
    codes = draw_population(generator, _STYLE_SAMPLES, seed=5, truncation=0.7).latents
    with torch.inference_mode():
        styles = generator.styles(codes)
    deviations = {
        name: part.std(0, unbiased=False).cpu().clone()
        for name, part in styles.items()
        if name not in info.rgb_layers
    }
    found = fs3_direction(fs3, axis.cpu(), deviations, beta=texts.beta)
    options = {**found.info.options, "text": wanted, "neutral": neutral}
    return found.with_info(
        name=slug(request.name or wanted),
        options=options,
        licence=request.licence,
        source=path.name,
        fingerprint=info.fingerprint,
        generator=info.name,
        created_with=__version__,
    )


def write_codes(path: Path, target: Path | None, *, take_as: str, force: bool = False) -> Path:
    """Import latent codes and write them as a latents file."""
    request = ImportRequest(take_as="codes" if take_as == "codes" else "")
    codes = import_codes(path, request)
    output = target or Path(short_name(path) + SUFFIX)
    files.check_free(output, force=force)
    codes.save(output)
    return output


def exported(
    name: str | Path, target: str | Path, *, scaled: bool = False, force: bool = False
) -> str:
    """Write a direction in its published form; see `export_direction`."""
    target = Path(target)
    direction = load_direction(direction_path(name))
    files.check_free(target, force=force)
    return export_direction(direction, target, scaled=scaled)
