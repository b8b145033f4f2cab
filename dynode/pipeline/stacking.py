"""The directions of one edit: ready ones, and those that a method finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from dynode import plugins
from dynode.direction.base import Direction
from dynode.direction.stack import EditStack
from dynode.errors import OptionError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.options import build_options
from dynode.pipeline.directions import load_direction
from dynode.pipeline.signing import sign
from dynode.plugins.boundary import at_work
from dynode.plugins.methods import DirectionMethod, Progress


@dataclass(frozen=True)
class ReadyMethod:
    """A direction method with checked options.

    Attributes:
        method: The method.
        options: An instance of its options.
    """

    method: DirectionMethod
    options: Any  # an instance of `method.options`

    @property
    def text(self) -> str:
        """The text that the method goes by; empty if it takes none."""
        return str(getattr(self.options, "text", None) or "")

    def find(
        self, generator: Generator, latents: Latents | None, *, seed: int, progress: Progress
    ) -> Direction | list[Direction]:
        """Find directions and say where they come from."""
        with at_work(f"direction method {self.method.name!r}"):
            found = self.method.find(
                generator, self.options, seed=seed, progress=progress, latents=latents
            )
        return sign(found, self.method, self.options, generator.info, seed=seed)


def ready_method(name: str, options: Mapping[str, Any]) -> ReadyMethod:
    """Check name and options of a method before any work is done.

    Raises:
        UnknownNameError: No such method or option.
        OptionError: An option has a value it cannot have.
    """
    method = plugins.registry().directions[name]
    return ReadyMethod(method, build_options(method.options, options, owner=name))


def ready_edit(
    plugin: str | None, options: Mapping[str, Any], directions: Iterable[object]
) -> ReadyMethod | None:
    """Check that there is something to do, and the method's options.

    Raises:
        OptionError: Neither a plugin nor a direction was given, or options of no plugin.
    """
    if plugin is not None:
        return ready_method(plugin, options)
    if options:
        if "direction" in options:
            raise OptionError("dynode.edit takes directions, a list: directions=['smile']")
        raise OptionError(f"{', '.join(options)} given without --plugin; add --plugin NAME")
    if not list(directions):
        raise OptionError(
            "nothing to do: name a method with --plugin (see 'dynode plugins') or a ready one with "
            "--direction FILE|NAME"
        )
    return None


def ready_stack(
    generator: Generator, directions: Iterable[tuple[Direction | Path, float]], *, force: bool
) -> EditStack:
    """Load ready directions and check that they fit."""
    stack = EditStack()
    for given, strength in directions:
        direction = given if isinstance(given, Direction) else load_direction(given)
        direction.check(generator.info, force=force)
        stack = stack.then(direction.ready_for(generator), strength)
    return stack


def with_found(
    stack: EditStack,
    ready: ReadyMethod,
    generator: Generator,
    latents: Latents,
    *,
    seed: int,
    progress: Progress,
) -> EditStack:
    """Add what a method finds; one direction a picture moves its own picture alone."""
    found = ready.find(generator, latents, seed=seed, progress=progress)
    directions = found if isinstance(found, list) else [found]
    is_one_each = ready.method.per_image and len(directions) == len(latents) > 1
    for index, direction in enumerate(directions):
        direction.check(generator.info)
        own = torch.eye(len(latents))[index] if is_one_each else 1.0
        stack = stack.then(direction.ready_for(generator), own)
    return stack
