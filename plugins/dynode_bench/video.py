"""Every installed video generator against real clips of its world, by every metric of clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from dynode import plugins
from dynode.errors import MissingWeightsError
from dynode.generator import Generator, VideoGenerator, loaded
from dynode.measuring import Drawing, measure, open_side
from dynode.plugins import GeneratorProvider, Metric, Needs, Progress, silent
from dynode_bench.comparison import Cell, Comparison, Row
from dynode_bench.variant import Budget
from dynode_bench.workers import one_line
from dynode_bench.world import World

_CLIPS = {"small": 16, "full": 128}
_FRAMES = 24
_SEED = 85_000
_REAL = "real, other clips"


def bench_video(
    generator: Generator | str | Path | None = None,
    *,
    methods: Sequence[str] = (),
    budget: Budget = "small",
    seed: int = 0,
    device: str | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compare video generators with real clips of the world they learned, and those with themselves.

    Args:
        generator: One whose scorer knows the world; the bundled one if absent.
        methods: Video generators by name or file; all installed ones of the same domain if empty.
        budget: `small`: 16 clips of 24 frames; `full`: 128.
        seed: Seed of everything random; the same seed gives the same figures.
        device: Where to compute.
        progress: Called after every figure.

    Returns:
        A row a figure: of other real clips, and of each generator; beside it the same figure with every
        clip frozen at its first frame, which shows whether the metric sees motion.

    Raises:
        UnknownNameError: No such generator.
        MissingWeightsError: Nobody knows the world, or no video generator is installed for it.
    """
    still = loaded(generator, device=device)
    world = World.of(still, [], pictures=_CLIPS[budget], seed=seed)
    real, others = (world.clips(_FRAMES, seed=_SEED + 2 * seed + index) for index in (0, 1))
    sides = {_REAL: others} | {
        name: _drawn(one, world) for name, one in _moving(methods, world, device).items()
    }
    rows = _rows(sides, real, world, progress)
    told = f"{world.pictures} of {_FRAMES} frames, {world.truth.fps:g} frames a second"
    spec = {k: v for k, v in world.spec(budget).items() if k != "pictures"} | {"clips": told}
    return Comparison(
        "video", spec, beside_real(rows), ("metric", "times real", "frozen, times real")
    )


def _rows(sides: Mapping[str, Tensor], real: Tensor, world: World, progress: Progress) -> list[Row]:
    metrics = [m for m in plugins.registry().metrics if _fits(m.needs)]
    rows: list[Row] = []
    for metric in metrics:
        for name, clips in sides.items():
            b = real if metric.needs.reference else None
            rows.append(_row(metric, name, clips, b, world))
            progress(len(rows), len(metrics) * len(sides), f"{metric.name}, {name}")
    return rows


def beside_real(rows: Sequence[Row]) -> list[Row]:
    """Tell each generator's figures as multiples of those of other real clips, which metrics share."""
    real = {row["metric"]: row["figure"] for row in rows if row["clips"] == _REAL}
    return [
        {
            **{name: cell for name, cell in row.items() if name != "note"},
            "times real": _times(row["figure"], real[row["metric"]], row["clips"]),
            "frozen, times real": _times(row["of frozen clips"], real[row["metric"]], row["clips"]),
            "note": row["note"],
        }
        for row in rows
    ]


def _times(figure: Cell, real: Cell, clips: Cell) -> float | None:
    if clips == _REAL or not isinstance(figure, float) or not isinstance(real, float) or not real:
        return None
    return float(f"{figure / real:.4g}") + 0.0  # no minus before a zero


def _fits(needs: Needs) -> bool:
    return needs.items == "clips" and not needs.paired


def _moving(methods: Sequence[str], world: World, device: str | None) -> dict[str, VideoGenerator]:
    """Load the video generators that are asked for, or all of the world's domain."""
    domain = world.generator.info.domain
    known = [
        one.name
        for one in plugins.registry().generators
        if isinstance(one, GeneratorProvider) and one.domain == domain
    ]
    found = {name: loaded(name, device=device) for name in methods or known}
    moving = {
        name: one
        for name, one in found.items()
        if isinstance(one, VideoGenerator) and one.motion_width
    }
    if not moving or (methods and len(moving) < len(found)):
        still = ", ".join(name for name in found if name not in moving)
        raise MissingWeightsError(
            f"no video generator among {still or 'what is installed'}; give a moving one of {domain} "
            f"with --methods NAME or FILE"
        )
    return moving


def _drawn(generator: VideoGenerator, world: World) -> Tensor:
    needs = Needs(items="clips", reference=False, frames=_FRAMES)
    drawing = Drawing(generator.device, world.seed)
    return torch.stack(open_side(generator, needs, drawing).read(0, world.pictures))


def _row(metric: Metric, name: str, clips: Tensor, b: Tensor | None, world: World) -> Row:
    told = {"metric": metric.name, "better": metric.better, "clips": name}
    try:
        found = measure(
            metric,
            clips,
            b,
            domain=world.generator.info.domain,
            seed=world.seed,
            device=str(world.generator.device),
            cache=False,
        )
    except Exception as error:  # of a plugin
        return {**told, "figure": None, "of frozen clips": None, "note": one_line(error)}
    first = next(iter(found.values))
    figures = (found.values[first], found.frozen[first])
    value, frozen = (float(f"{figure:.5g}") for figure in figures)
    return {**told, "figure": value, "of frozen clips": frozen, "note": ""}
