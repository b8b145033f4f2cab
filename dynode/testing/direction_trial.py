"""A direction method under watch: finds once for all checks, and again for those that compare."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from dynode.direction.base import Direction
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.options import build_options
from dynode.pipeline.signing import sign
from dynode.plugins.methods import DirectionMethod, Progress, silent
from dynode.testing.stand_ins import stand_ins
from dynode.testing.trial import (
    ProgressLog,
    Spy,
    global_seed,
    quietly,
    random_states,
    settings_put_back,
    small,
    torch_settings,
)


@dataclass(frozen=True, eq=False)
class Found:
    """What `find` gave at its first run, and what was seen meanwhile.

    Attributes:
        generator: What it ran on.
        latents: The codes it was given.
        directions: What it returned, with their info filled in as `dynode.find` does.
        log: Progress.
        printed: What it printed on stdout.
        seconds: How long it took.
    """

    generator: Generator
    latents: Latents
    directions: list[Direction]
    log: ProgressLog
    printed: str
    seconds: float

    @property
    def ready(self) -> list[Direction]:
        """The directions as `dynode edit` applies them; those in Z carried to W."""
        return [direction.ready_for(self.generator) for direction in self.directions]


@dataclass(frozen=True, eq=False)
class Again:
    """What `find` gave at its second run of the same seed, and what it changed outside of that.

    Attributes:
        directions: See `Found`.
        spy: The generator it ran on, another one of the same weights, with what was drawn from it.
        latents: The codes it was given.
        settings: What is now set otherwise for the whole process.
        is_random_moved: Whether a global random state moved.
        written: What was written into of what it was given.
    """

    directions: list[Direction]
    spy: Spy
    latents: Latents
    settings: tuple[str, ...]
    is_random_moved: bool
    written: tuple[str, ...]


class DirectionTrial:
    """Runs a direction method on tiny generators, with stand-ins for scorers and text models."""

    def __init__(self, method: DirectionMethod, options: Mapping[str, Any]) -> None:
        """Prepare; nothing runs yet.

        Args:
            method: The method.
            options: Options by name, besides those of `check_options`.
        """
        self.method = method
        self.values = {**method.check_options, **options}
        self._first: Found | Exception | None = None
        self._second: Again | Exception | None = None

    @property
    def options(self) -> Any:  # an instance of the method's options
        """The options it runs with."""
        return build_options(self.method.options, self.values, owner=self.method.name)

    def find(
        self,
        generator: Generator,
        *,
        seed: int = 0,
        latents: Latents | None = None,
        progress: Progress = silent,
    ) -> list[Direction]:
        """Run `find` as `dynode edit` does.

        Raises:
            PluginError: It returns something else than directions.
        """
        options = self.options
        with stand_ins(), quietly():
            codes = generator.sample(1, seed=3) if latents is None else latents
            found = self.method.find(
                generator, options, seed=seed, progress=progress, latents=codes
            )
        done = sign(found, self.method, options, generator.info, seed=seed)
        return done if isinstance(done, list) else [done]

    @property
    def found(self) -> Found:
        """What the first run gave; it runs once, and fails again as it failed then."""
        if self._first is None:
            try:
                self._first = self._run()
            except Exception as error:  # a stranger's; every check that needs the result shows it
                self._first = error
        if isinstance(self._first, Exception):
            raise self._first
        return self._first

    def _run(self) -> Found:
        generator, log = small(), ProgressLog()
        latents = generator.sample(1, seed=3)
        started, worked = time.perf_counter(), time.process_time()
        options = self.options
        with stand_ins(), quietly() as printed:
            found = self.method.find(generator, options, seed=0, progress=log, latents=latents)
        # A busy machine makes it wait, several threads make it work: the smaller one is its own.
        seconds = min(time.perf_counter() - started, time.process_time() - worked)
        done = sign(found, self.method, options, generator.info, seed=0)
        directions = done if isinstance(done, list) else [done]
        return Found(generator, latents, directions, log, printed.getvalue(), seconds)

    @property
    def again(self) -> Again:
        """What the second run gave, under another global random state; it runs once, as `found` does."""
        if self._second is None:
            try:
                self._second = self._run_again()
            except Exception as error:  # a stranger's; every check that needs the result shows it
                self._second = error
        if isinstance(self._second, Exception):
            raise self._second
        return self._second

    def _run_again(self) -> Again:
        generator = small()
        spy = Spy(generator)
        latents = spy.sample(1, seed=3)
        codes, mean = latents.w.clone(), generator.mean_w.clone()
        fingerprint = generator.info.fingerprint
        with settings_put_back() as settings:
            assert self.found  # what is imported late may draw random names, and is imported now
            with global_seed(99):
                drawn = random_states()
                found = self.find(spy, latents=latents)
                is_random_moved = random_states() != drawn
            now = torch_settings()
        kept = {
            "the codes it was given": torch.equal(latents.w, codes),
            "offsets of the codes": not latents.styles and not latents.weights,
            "the generator's mean code": torch.equal(generator.mean_w, mean),
            "the generator's weights": generator.info.fingerprint == fingerprint,
        }
        changed = tuple(name for name in now if now[name] != settings[name])
        written = tuple(name for name, is_kept in kept.items() if not is_kept)
        return Again(found, spy, latents, changed, is_random_moved, written)

    def spied(self, *, seed: int) -> tuple[list[Direction], Spy]:
        """Run on a watched generator.

        Returns:
            The directions, and the generator with what was drawn from it.
        """
        spy = Spy(small())
        return self.find(spy, seed=seed), spy
