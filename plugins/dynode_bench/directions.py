"""Every installed direction method on the same pictures: effect, leakage, identity, cost."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode import plugins
from dynode.direction import Direction
from dynode.errors import DynodeError, OptionError
from dynode.generator import Generator, loaded
from dynode.plugins import DirectionMethod, Progress, at_work, silent
from dynode.scoring import calibrate, purest
from dynode_bench.asking import Asking, Budget
from dynode_bench.keeping import KeptRows
from dynode_bench.rows import DirectionBench, Row
from dynode_bench.world import STRENGTHS, World

_CALIBRATION = 16
_PER_IMAGE = {"small": 4, "full": 32}
_PICTURES = {"small": 24, "full": 64}


@dataclass(frozen=True)
class Discovery:
    """What a method found, and what that cost.

    Attributes:
        found: Directions; of methods that find one for every picture, as many as pictures.
        seconds: Processor time.
        renders: Pictures drawn.
        failed: Why there are none; empty if there are.
    """

    found: list[Direction]
    seconds: float
    renders: int
    failed: str = ""


def bench_directions(
    generator: Generator | str | Path | None = None,
    *,
    methods: Sequence[str] = (),
    attributes: Sequence[str] = (),
    budget: Budget = "small",
    seed: int = 0,
    device: str | None = None,
    keep: str | Path | None = None,
    progress: Progress = silent,
) -> DirectionBench:
    """Compare direction methods where the truth is known.

    Every method is asked for every attribute in the way its options allow, and moved to the same effect
    on the same held-out pictures.

    Args:
        generator: One whose scorer says attributes in words; the bundled one if absent.
        methods: Methods by name; all installed ones if empty.
        attributes: Attributes; all that the scorer has texts for if empty.
        budget: `small`: methods with their `small_budget`; `full`: with their defaults.
        seed: Seed of everything random; the same seed gives the same figures but the seconds.
        device: Where to compute.
        keep: File that rows are kept in until all are there, so that a run that was killed goes on.
        progress: Called after every row.

    Raises:
        UnknownNameError: No such method or attribute.
        MissingWeightsError: No scorer knows the generator.
    """
    shelf = plugins.registry().directions
    asked = [Asking(shelf[name], budget) for name in methods] or [Asking(m, budget) for m in shelf]
    drawing = loaded(generator, device=device)
    world = World.of(drawing, list(attributes), pictures=_PICTURES[budget], seed=seed)
    spec = _spec(world, budget)
    kept = KeptRows(None if keep is None else Path(keep), spec)
    rows = _rows(world, asked, kept, progress)
    kept.forget()
    return DirectionBench(rows, spec)


def _rows(world: World, asked: Sequence[Asking], kept: KeptRows, progress: Progress) -> list[Row]:
    """Ask every method for every attribute; rows of one attribute stand together."""
    rows: list[Row] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of texts that are weak: the table says so
        for asking in asked:
            shared: Discovery | None = None
            for attribute, text in world.attributes.items():
                options = asking.told(attribute, text)
                row = kept.get(asking.method.name, attribute, options)
                if row is None:
                    shared = (
                        shared if asking.once and shared else discover(world, asking, attribute)
                    )
                    row = _row(world, asking, attribute, shared)
                    kept.add(row, options)
                rows.append(row)
                total = len(asked) * len(world.attributes)
                progress(len(rows), total, f"{asking.method.name}, {attribute}")
    return sorted(rows, key=lambda row: list(world.attributes).index(row.attribute))


def _spec(world: World, budget: Budget) -> dict[str, str]:
    told = f"{world.pictures} held out ({_PER_IMAGE[budget]} of methods that work per picture)"
    return world.spec(budget) | {"pictures": told}


def discover(world: World, asking: Asking, attribute: str) -> Discovery:
    """Let a method search, and count what that costs; a failure is a finding."""
    method = asking.method
    latents = world.population.latents[: _PER_IMAGE[asking.budget]] if method.per_image else None
    started = time.process_time()
    with world.counting() as renders:
        try:
            options = asking.options(attribute, world.attributes[attribute])
            with at_work(f"direction method {method.name!r}"):
                found = method.find(
                    world.generator, options, seed=world.seed, progress=silent, latents=latents
                )
        except DynodeError as error:
            return Discovery([], time.process_time() - started, renders(), str(error))
        seconds = time.process_time() - started
    return Discovery(found if isinstance(found, list) else [found], seconds, renders())


def _row(world: World, asking: Asking, attribute: str, discovery: Discovery) -> Row:
    cost = Row(
        attribute,
        asking.method.name,
        seconds=round(discovery.seconds, 2),
        renders=discovery.renders,
        note=discovery.failed,
    )
    if discovery.failed:
        return cost
    try:
        return _measured(world, asking.method, cost, discovery.found)
    except OptionError as error:  # it does not move the attribute far enough
        return replace(cost, note=str(error))


def _measured(world: World, method: DirectionMethod, cost: Row, found: list[Direction]) -> Row:
    """Move the held-out pictures to the same effect and read the rest."""
    note = ""
    if method.per_image:
        move, count = world.each_mover(found), len(found)
    else:
        best = _calibrated(world, cost.attribute, found)
        note = best.info.name if len(found) > 1 else ""
        move, count = world.mover(best), world.pictures
    changes = world.changes(move, count)
    return _told(world, replace(cost, note=note), changes)


def _calibrated(world: World, attribute: str, found: list[Direction]) -> Direction:
    scorer, seed = world.chosen(attribute), world.seed + 1
    how: dict[str, Any] = {"samples": _CALIBRATION, "with_curve": False}
    if len(found) > 1:
        return purest(found, world.generator, scorer, seed=seed, **how)
    return calibrate(found[0], world.generator, scorer, seed=seed, **how)


def _told(world: World, row: Row, changes: Tensor) -> Row:
    """Sum up changes (strengths, n, attributes)."""
    names = world.model.model.attributes
    target = names.index(row.attribute)
    others = [i for i, name in enumerate(names) if i != target]
    lasting = [i for i, n in enumerate(names) if n in world.scorer.identity and i != target]
    effects = changes[:, :, target].mean(1).tolist()
    leaks = changes[:, :, others].abs().mean((1, 2)).tolist()
    drift = changes[:, :, lasting].square().mean((1, 2)).sqrt().tolist() if lasting else []
    steps = torch.cat([torch.zeros_like(changes[:1]), changes])[:, :, target].diff(dim=0)
    at_one = STRENGTHS.index(1.0)
    return replace(
        row,
        effect=round(effects[at_one], 4),
        leakage=interpolate_at_one(effects, leaks),
        identity=interpolate_at_one(effects, drift) if drift else None,
        monotone=round(float((steps > 0).double().mean()), 3),
        curve=tuple(
            (s, round(e, 4), round(leak, 4))
            for s, e, leak in zip(STRENGTHS, effects, leaks, strict=True)
        ),
    )


def interpolate_at_one(effects: Sequence[float], values: Sequence[float]) -> float | None:
    """Interpolate values at the strength whose mean effect is 1; None if none has it."""
    effects, values = [0.0, *effects], [0.0, *values]
    for index in range(1, len(effects)):
        low, high = effects[index - 1], effects[index]
        if low < 1 <= high:
            share = (1 - low) / (high - low)
            between = values[index - 1] + share * (values[index] - values[index - 1])
            return round(between, 4)
    return None
