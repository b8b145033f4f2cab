"""Every installed direction method on the same pictures: effect, leakage, identity, cost."""

from __future__ import annotations

import contextlib
from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from dynode import plugins
from dynode.errors import UsageError
from dynode.generator import Generator, loaded
from dynode.plugins import Progress, silent
from dynode_bench.asking import Asking
from dynode_bench.keeping import KeptRows
from dynode_bench.rows import DirectionBench, Row
from dynode_bench.search import PER_IMAGE, ask
from dynode_bench.variant import Budget, Variant
from dynode_bench.workers import Ended, one_thread, processors, run_side_by_side
from dynode_bench.world import World

Found = abc.Generator["Row | Ended[_Job]", None, None]
_PICTURES = {"small": 24, "full": 64}


def bench_directions(
    generator: Generator | str | Path | None = None,
    *,
    methods: Sequence[str] = (),
    attributes: Sequence[str] = (),
    budget: Budget = "small",
    seed: int = 0,
    device: str | None = None,
    workers: int | None = 1,
    keep: str | Path | None = None,
    progress: Progress = silent,
) -> DirectionBench:
    """Ask methods for every attribute, and move the same held-out pictures to the same effect.

    Args:
        generator: One whose scorer says attributes in words; the bundled one if absent.
        methods: Methods by name, or with options as `sefa:count=40`; all installed ones if empty.
        attributes: Attributes; all that the scorer has texts for if empty.
        budget: `small`: methods with their `small_budget`; `full`: with their defaults.
        seed: Seed of everything random; the same seed gives the same figures but the seconds.
        device: Where to compute.
        workers: Processes of one thread with a method each, which change no figure; 1: here; None: as many
            as processors, 1 where that cannot be. Scripts need `if __name__ == "__main__":` for several.
        keep: File that rows are kept in until all are there, so that a run that was killed goes on.
        progress: Called after every row.

    Raises:
        UnknownNameError: No such method or attribute.
        MissingWeightsError: No scorer knows the generator.
        UsageError: A loaded generator for several processes, which load it themselves.
    """
    chosen = Variant.chosen(plugins.registry().directions, methods)
    asked = [Asking(variant, budget) for variant in chosen]
    with one_thread():
        world = _world(loaded(generator, device=device), attributes, budget, seed)
        kept = KeptRows(None if keep is None else Path(keep), _spec(world, budget))
        jobs = _jobs(world, asked, kept, generator, device)
        found = _found(jobs, world, asked, workers or _count(generator, world.generator.device))
        rows = _rows(world, asked, kept, found, progress)
    return DirectionBench(rows, _spec(world, budget))


def _world(generator: Generator, attributes: Sequence[str], budget: Budget, seed: int) -> World:
    return World.of(generator, list(attributes), pictures=_PICTURES[budget], seed=seed)


def _count(generator: Generator | str | Path | None, device: torch.device) -> int:
    is_named = generator is None or isinstance(generator, str | Path)
    return processors() if is_named and device.type == "cpu" else 1


def _jobs(
    world: World,
    asked: Sequence[Asking],
    kept: KeptRows,
    generator: Generator | str | Path | None,
    device: str | None,
) -> list[_Job]:
    """Say what is still to be found; first of the methods that search anew for every attribute."""
    jobs = []
    for asking in sorted(asked, key=lambda asking: asking.once):
        told = {name: asking.told(name, text) for name, text in world.attributes.items()}
        name = asking.label
        missing = tuple(one for one in told if kept.get(name, one, told[one]) is None)
        every = tuple(world.attributes)
        jobs.append(_Job(name, missing, every, generator, device, asking.budget, world.seed))
    return [job for job in jobs if job.missing]


def _found(jobs: Sequence[_Job], world: World, asked: Sequence[Asking], workers: int) -> Found:
    if min(workers, len(asked)) > 1:
        if jobs and not isinstance(jobs[0].generator, str | Path | None):
            raise UsageError(
                f"{workers} workers were asked for and a loaded generator was given; each loads its own: "
                f"give its name or file, or workers=1"
            )
        yield from run_side_by_side(_apart, jobs, workers)
        return
    by_name = {asking.label: asking for asking in asked}
    for job in jobs:
        yield from ask(world, by_name[job.method], job.missing)


@dataclass(frozen=True)
class _Job:
    """A method, and what a process needs to ask it for the attributes that are missing."""

    method: str
    missing: tuple[str, ...]
    attributes: tuple[str, ...]
    generator: Generator | str | Path | None
    device: str | None
    budget: Budget
    seed: int


def _apart(job: _Job) -> Iterator[Row]:
    """Ask one method, in a process that has nothing yet."""
    generator = loaded(job.generator, device=job.device)
    world = _world(generator, job.attributes, job.budget, job.seed)
    variant = Variant.of(plugins.registry().directions, job.method)
    yield from ask(world, Asking(variant, job.budget), job.missing)


def _rows(
    world: World,
    asked: Sequence[Asking],
    kept: KeptRows,
    found: Found,
    progress: Progress,
) -> list[Row]:
    """Take rows as they are found; those of one attribute stand together, in the order of methods."""
    options = {
        (attribute, asking.label): asking.told(attribute, text)
        for attribute, text in world.attributes.items()
        for asking in asked
    }
    held = {key: kept.get(key[1], key[0], told) for key, told in options.items()}
    rows = {key: row for key, row in held.items() if row is not None}
    is_whole = True
    with contextlib.closing(found):  # processes end with a run that is interrupted
        for one in found:
            if isinstance(one, Row):
                kept.add(one, options[one.attribute, one.method])
                new = [one]
            else:  # what its process left undone is tried again by a run that goes on
                missing = [a for a in one.job.missing if (a, one.job.method) not in rows]
                is_whole = is_whole and not missing
                new = [Row(attribute, one.job.method, note=one.why) for attribute in missing]
            for row in new:
                rows[row.attribute, row.method] = row
                progress(len(rows), len(options), f"{row.method}, {row.attribute}")
    if is_whole:
        kept.forget()
    return [rows[key] for key in options]


def _spec(world: World, budget: Budget) -> dict[str, str]:
    told = f"{world.pictures} held out ({PER_IMAGE[budget]} of methods that work per picture)"
    return world.spec(budget) | {"pictures": told}
