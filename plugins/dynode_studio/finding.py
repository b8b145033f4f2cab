"""Long work: directions that are found and pictures that are inverted, into what a state holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dynode
from dynode.direction import Direction
from dynode.latents import Latents
from dynode.pipeline import file_stems, read_codes
from dynode.plugins import Progress, registry, silent
from dynode_studio.drawing import Drawing
from dynode_studio.state import Recipe, Slider, Source

_TRUNCATION = 0.7  # of what `dynode find` samples


def find(
    drawing: Drawing,
    method: str,
    options: Mapping[str, Any],  # values by option name
    source: Source,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Slider]:
    """Find directions and make sliders of them, at strength 0.

    Args:
        drawing: Whose generator is searched; gets the directions.
        method: Name of the method.
        options: Its options by name.
        source: What is edited, for methods that find a direction for one picture.
        seed: Seed of the search; of a method for one picture that of a sampled source instead, so that
            the command finds the same.
        progress: Called after every step.

    Raises:
        DynodeError: See `dynode.find`.
    """
    per_image = registry().directions[method].per_image
    is_sample = source.kind == "seed" and source.truncation == _TRUNCATION
    seed = source.seed if per_image and is_sample else seed
    latents = drawing.latents(source)
    how: dict[str, Any] = {"seed": seed, "progress": progress, "latents": latents}
    found = dynode.find(method, drawing.generator, several=True, **how, **options)
    told = {name: value for name, value in options.items() if value is not None}
    recipe = Recipe(method, told, seed, 0, "", is_repeatable=not per_image or is_sample)
    return _sliders(drawing, found, recipe)


def _sliders(drawing: Drawing, found: Sequence[Direction], recipe: Recipe) -> list[Slider]:
    """Keep directions and make a slider of each, which knows where among them it stands."""
    stems = file_stems([direction.info.name for direction in found])
    return [
        Slider(
            direction.info.name,
            file=drawing.contents.add_direction(direction),
            recipe=replace(recipe, index=index, stem=stem if len(found) > 1 else ""),
        )
        for index, (direction, stem) in enumerate(zip(found, stems, strict=True))
    ]


def opened_picture(
    drawing: Drawing,
    path: Path,
    name: str,
    *,
    inverter: str = "",
    options: Mapping[str, Any] | None = None,  # values by option name
    progress: Progress = silent,
) -> Source:
    """Find the codes of a picture.

    Args:
        drawing: Whose generator is to draw it; gets the codes.
        path: Where it lies.
        name: What the user calls the file.
        inverter: What finds them; empty for that of the generator's domain.
        options: Its options by name.
        progress: Called by the inverter.

    Raises:
        DynodeError: See `dynode.invert`.
    """
    found = dynode.invert(
        path, drawing.generator, inverter=inverter or None, progress=progress, **(options or {})
    )
    key = _kept(drawing, found.latents)
    return Source(
        "picture", name=name, file=key, inverter=inverter, inverter_options=dict(options or {})
    )


def opened_codes(drawing: Drawing, path: Path, name: str) -> Source:
    """Read codes from a stranger's file; of several the first.

    Raises:
        DynodeError: See `dynode.pipeline.read_codes`.
    """
    info = drawing.generator.info
    codes = read_codes(path, fingerprint=info.fingerprint, rows=info.num_layers)
    return Source("latents", name=name, file=_kept(drawing, codes[0]))


def opened_direction(drawing: Drawing, path: Path) -> Slider:
    """Read a direction from a stranger's file and make a slider of it.

    Raises:
        DynodeError: It is none, or does not fit the generator.
    """
    direction = dynode.load_direction(path)
    direction.check(drawing.generator.info)
    return Slider(direction.info.name[:200], file=drawing.contents.add_direction(direction))


def _kept(drawing: Drawing, latents: Latents) -> str:
    return drawing.contents.add_latents(latents, drawing.generator.info.fingerprint)
