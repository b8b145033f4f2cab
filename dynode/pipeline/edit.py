"""Edit pictures: get latents, find directions, move, draw, measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode import plugins
from dynode.direction.base import Direction
from dynode.direction.stack import EditStack
from dynode.errors import OptionError
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.options import build_options
from dynode.pipeline.directions import load_one
from dynode.pipeline.generate import synthesize_batches
from dynode.pipeline.signing import sign
from dynode.pipeline.source import open_source
from dynode.plugins.methods import DirectionMethod, Progress, silent
from dynode.scoring.measure import attribute_changes, load_scorer
from dynode.text import warn_of_weak_edit


@dataclass(frozen=True)
class EditResult:
    """An edit and what it did.

    Attributes:
        before: The pictures before, (n, 3, h, w) float in [-1, 1], RGB, on the CPU.
        after: The pictures after, likewise.
        original: The latents before.
        latents: The edited latents.
        stack: The directions that were applied, with their strengths.
        changes: Mean change of each attribute in standard deviations; empty without a scorer.
    """

    before: Tensor
    after: Tensor
    original: Latents
    latents: Latents
    stack: EditStack
    changes: Mapping[str, float]


def find(
    method: str,
    generator: Generator | str | None = None,
    *,
    seed: int = 0,
    progress: Progress = silent,
    latents: Latents | None = None,
    **options: Any,  # the method's own options, checked against its dataclass
) -> Direction | list[Direction]:
    """Find directions with an installed method.

    Args:
        method: Name of the method (`dynode plugins`).
        generator: A loaded generator, or what `load_generator` takes.
        seed: Seed of everything random.
        progress: Called after every step.
        latents: The codes to be edited, for methods that find a direction for given pictures.
        **options: The method's options by name.

    Returns:
        What the method found.

    Raises:
        UnknownNameError: No such method or option.
        OptionError: An option has a value it cannot have.
    """
    chosen = plugins.registry().directions[method]
    checked = build_options(chosen.options, options, owner=method)
    loaded = _loaded(generator)
    if chosen.per_image and latents is None:
        latents = loaded.sample(1, seed=seed)
    found = chosen.find(loaded, checked, seed=seed, progress=progress, latents=latents)
    return sign(found, chosen, checked, loaded.info, seed=seed)


def edit(
    source: str | Path | Latents | None = None,
    *,
    plugin: str | None = None,
    directions: Sequence[tuple[Direction | str | Path, float]] = (),
    strength: float = 1.0,
    generator: Generator | str | None = None,
    inverter: str | None = None,
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
    **options: Any,  # the plugin's own options, checked against its dataclass
) -> EditResult:
    """Edit a picture, or a sampled one.

    Args:
        source: Image or latents file, or latents; None samples one.
        plugin: Direction method to run, by name.
        directions: Ready directions (objects, files or names), each with a strength.
        strength: Multiplies every strength.
        generator: A loaded generator, or what `load_generator` takes.
        inverter: Inverter of an image source.
        seed: Seed of everything random.
        force: Accept directions of another generator of the same shape.
        progress: Called after every step of the method.
        **options: The plugin's options by name.

    Returns:
        Pictures before and after, and how strongly each attribute moved.

    Raises:
        OptionError: Neither a plugin nor a direction was given.
        DynodeError: See `find`, `load_generator` and `open_source`.
    """
    loaded = _loaded(generator)
    stack = _ready_stack(loaded, directions, force=force)
    if plugin is None and not len(stack):
        raise OptionError(
            "nothing to do: name a method with --plugin (see 'dynode plugins') or a ready one with "
            "--direction FILE"
        )
    method = _checked_method(plugin, options)
    if isinstance(source, Latents):
        latents = source
    else:
        path = Path(source) if source is not None else None
        latents = open_source(path, loaded, inverter=inverter, seed=seed)
    if method is not None:
        stack = _found_stack(stack, method, loaded, latents, options, seed, progress)
    result = apply_stack(loaded, latents, stack, strength)
    if "text" in options and not directions:
        warn_of_weak_edit(str(options["text"]), result.changes, strength)
    return result


def _loaded(generator: Generator | str | None) -> Generator:
    if generator is None or isinstance(generator, str | Path):
        return load_generator(generator)
    return generator


def _checked_method(plugin: str | None, options: Mapping[str, Any]) -> DirectionMethod | None:
    """Check name and options before any work is done."""
    if plugin is None:
        if options:
            raise OptionError(f"{', '.join(options)} given without --plugin; add --plugin NAME")
        return None
    method = plugins.registry().directions[plugin]
    build_options(method.options, options, owner=plugin)
    return method


def _ready_stack(
    generator: Generator, directions: Sequence[tuple[Direction | str | Path, float]], *, force: bool
) -> EditStack:
    stack = EditStack()
    for given, strength in directions:
        direction = given if isinstance(given, Direction) else load_one(given)
        direction.check(generator.info, force=force)
        stack = stack.then(direction.ready_for(generator), strength)
    return stack


def _found_stack(
    stack: EditStack,
    method: DirectionMethod,
    generator: Generator,
    latents: Latents,
    options: Mapping[str, Any],
    seed: int,
    progress: Progress,
) -> EditStack:
    checked = build_options(method.options, options, owner=method.name)
    found = method.find(generator, checked, seed=seed, progress=progress, latents=latents)
    found = sign(found, method, checked, generator.info, seed=seed)
    directions = found if isinstance(found, list) else [found]
    is_one_each = method.per_image and len(directions) == len(latents) > 1
    for index, direction in enumerate(directions):
        direction.check(generator.info)
        own = torch.eye(len(latents))[index] if is_one_each else 1.0
        stack = stack.then(direction.ready_for(generator), own)
    return stack


def apply_stack(
    generator: Generator, latents: Latents, stack: EditStack, strength: float
) -> EditResult:
    """Draw latents before and after a stack of edits, and measure what changed."""
    with torch.no_grad():  # tensors of inference mode could not be optimised any further
        edited = stack.apply(latents, strength)
    before = synthesize_batches(generator, latents)
    after = synthesize_batches(generator, edited)
    changes = _changes(generator, before, after)
    return EditResult(before, after, latents, edited, stack, changes)


def sweep(
    generator: Generator, latents: Latents, stack: EditStack, strengths: Sequence[float]
) -> Tensor:
    """Draw the first picture at several strengths: (len(strengths), 3, h, w) on the CPU."""
    with torch.inference_mode():
        moved = Latents.cat([stack.at(0).apply(latents[0], strength) for strength in strengths])
    return synthesize_batches(generator, moved)


def _changes(generator: Generator, before: Tensor, after: Tensor) -> dict[str, float]:
    scorer = load_scorer(generator.info, generator.device)
    if scorer is None:
        return {}
    moved = attribute_changes(scorer, before.to(generator.device), after.to(generator.device))
    return dict(zip(scorer.attributes, moved.mean(0).tolist(), strict=True))
