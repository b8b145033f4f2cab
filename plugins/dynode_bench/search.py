"""One method asked for attributes: what it finds, what that costs, and what it does to held-out pictures."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo
from dynode.latents import Latents
from dynode.plugins import DirectionMethod, at_work, silent
from dynode.scoring import calibrate, purest
from dynode_bench.asking import Asking
from dynode_bench.rows import Row
from dynode_bench.workers import one_line
from dynode_bench.world import STRENGTHS, World

PER_IMAGE = {"small": 4, "full": 32}
"""Pictures of methods that work per picture, by budget."""

_CALIBRATION = 16


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


def ask(world: World, asking: Asking, attributes: Sequence[str]) -> Iterator[Row]:
    """Ask a method for attributes; of one whose single search serves all, it is not repeated."""
    shared: Discovery | None = None
    for attribute in attributes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of weak texts: the table says so
            shared = shared if asking.once and shared else discover(world, asking, attribute)
            row = _row(world, asking, attribute, shared)
        yield row


def discover(world: World, asking: Asking, attribute: str) -> Discovery:
    """Let a method search, and count what that costs; a failure is a finding."""
    method = asking.method
    latents = world.population.latents[: PER_IMAGE[asking.budget]] if method.per_image else None
    started = time.process_time()
    with world.counting() as renders:
        try:
            options = asking.options(attribute, world.attributes[attribute])
            with at_work(f"direction method {method.name!r}"):
                found = method.find(
                    world.generator, options, seed=world.seed, progress=silent, latents=latents
                )
        except Exception as error:  # of a plugin
            return Discovery([], time.process_time() - started, renders(), one_line(error))
        seconds = time.process_time() - started
    each = found if isinstance(found, list) else [found]
    return Discovery([_named(one, asking.label) for one in each], seconds, renders())


def _named(found: Direction, label: str) -> Direction:
    """Give a direction that has no name of its own that of its method, for messages."""
    return found.with_info(name=label) if found.info.name == DirectionInfo.name else found


def _row(world: World, asking: Asking, attribute: str, discovery: Discovery) -> Row:
    cost = Row(
        attribute,
        asking.label,
        seconds=round(discovery.seconds, 2),
        renders=discovery.renders,
        note=discovery.failed,
    )
    if discovery.failed:
        return cost
    try:
        return _measured(world, asking.method, cost, discovery.found)
    except Exception as error:  # it does not move the attribute far enough, or nothing at all
        return replace(cost, note=one_line(error))


def _measured(world: World, method: DirectionMethod, cost: Row, found: list[Direction]) -> Row:
    """Move the held-out pictures to the same effect and read the rest."""
    note = ""
    if method.per_image:
        move, count = world.each_mover(found), len(found)
    else:
        best = _calibrated(world, cost.attribute, found)
        note = best.info.name if len(found) > 1 else ""
        move, count = world.mover(best), world.pictures
    planted = leakage_of_codes(world, cost.attribute, move(1.0))
    return _told(world, replace(cost, note=note, planted=planted), world.changes(move, count))


def leakage_of_codes(world: World, attribute: str, moved: Latents) -> float | None:
    """Read how the other attributes changed off codes, where the attribute changes by one deviation.

    Args:
        world: What plants attributes in codes, as an affine map.
        attribute: The attribute that is to change.
        moved: The first held-out pictures after an edit.

    Returns:
        Mean absolute change in deviations, which neither a scorer's errors nor the look of a picture blur;
        None where nobody knows the world, or codes are not its own: rows differ, or more than codes changed.
    """
    shift = moved.w - world.population.latents.w[: len(moved)]
    is_alike = torch.allclose(shift, shift[:, :1].expand_as(shift), atol=1e-5)
    if world.axes is None or moved.styles or moved.weights or not is_alike:
        return None
    read = torch.linalg.lstsq(world.axes.T, shift[:, 0].double().T.cpu()).solution.T
    read = read / torch.tensor(world.model.model.deviations)
    target = world.model.model.attributes.index(attribute)
    effect, count = float(read[:, target].mean()), read.shape[1]
    if effect <= 0:
        return None
    others = [index for index in range(count) if index != target]
    return round(float(read[:, others].abs().mean()) / effect, 4)


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
