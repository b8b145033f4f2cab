"""Score direction methods on the bundled world, where every factor is known.

    python benchmarks/directions.py

For each target: InterFaceGAN from the scorer's labels, from two texts alone, and conditioned on the
three factors that the first one moves besides, whose boundaries are found from the published share of the
pictures (2 % at each end) and from 30 %; the best component of SeFa and of GANSpace; and, as a
floor, the axis that the factor was planted on, which no method knows: what leaks there is the look of
the factor itself, and the scorer's errors. Every direction is calibrated to one standard deviation of
its target, so leakage is compared at equal effect. Effects are measured on other pictures than the
directions were found and calibrated on.

- effect: mean change of the target, in standard deviations of the population
- leakage: mean absolute change of the other factors, over pictures and factors
- systematic: the same of the mean changes, in which what differs from picture to picture averages out
- identity: root mean square change of the identity factors that are not the target
- accuracy: of the boundary on validation samples, at the published selection ratio 0.02

All boundaries of a run share one set of pictures, drawn and scored once; the seconds of a boundary
are those of drawing and scoring it (with the scorer, or CLIP) and of its own training, without
calibration. They are processor time, so that other programs on the machine do not count. Writes
results/directions.json and .md after every target.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from directions_bench import TARGETS, Bench, Pool, Row, Target
from directions_tables import write
from torch import Tensor

import dynode
from dynode import LinearDirection
from dynode.direction.base import Direction
from dynode.errors import DynodeError
from dynode.scoring.choosing import ChosenScorer
from dynode.scoring.components import purest
from dynode_facets.factor_table import FACTOR_NAMES
from dynode_facets.w_space import factor_basis
from dynode_interfacegan.boundary import Boundary, project, train_boundary

RATIO = 0.02
CONDITION_RATIO = 0.3
"""What `dynode find` takes for conditions."""
NAMING_PICTURES = 24


def boundary(codes: Tensor, scores: Tensor) -> tuple[Boundary, float]:
    start = time.process_time()
    found = train_boundary(codes, scores, chosen_num_or_ratio=RATIO, seed=0)
    return found, time.process_time() - start


def boundary_rows(bench: Bench, pool: Pool, index: int, target: Target) -> list[Row]:
    """InterFaceGAN from labels, from texts, and conditioned."""
    column = bench.names.index(target.factor)
    count = len(pool.codes)
    labelled, seconds = boundary(pool.codes, pool.factors[:, column])
    calibrated = bench.calibrated(LinearDirection(labelled.normal[0]), target.factor)
    first = bench.measure(
        Row(
            target.factor,
            "InterFaceGAN, scorer",
            seconds=round(pool.drawing_s + pool.factors_s + seconds, 1),
            samples=count,
            accuracy=round(labelled.validation_accuracy, 4),
        ),
        calibrated,
    )
    worded, seconds = boundary(pool.codes, pool.texts[:, index])
    texts = bench.measure(
        Row(
            target.factor,
            "InterFaceGAN, two texts",
            seconds=round(pool.drawing_s + pool.texts_s + seconds, 1),
            samples=count,
            accuracy=round(worded.validation_accuracy, 4),
        ),
        bench.calibrated(LinearDirection(worded.normal[0]), target.factor),
    )
    leaks = calibrated.info.calibration.leakage
    names = sorted(leaks, key=lambda name: -abs(leaks[name]))[:3]
    conditional = [
        conditional_row(bench, pool, labelled, first, names, ratio)
        for ratio in (RATIO, CONDITION_RATIO)
    ]
    return [first, texts, *conditional]


def conditional_row(
    bench: Bench, pool: Pool, labelled: Boundary, first: Row, names: list[str], ratio: float
) -> Row:
    """Hold what the boundary of `first` moves most besides."""
    start = time.process_time()
    conditions = [
        train_boundary(
            pool.codes,
            pool.factors[:, bench.names.index(name)],
            chosen_num_or_ratio=ratio,
            solver="fast" if ratio > RATIO else "published",
            seed=0,
        ).normal
        for name in names
    ]
    held = project(labelled.normal, conditions)
    seconds = time.process_time() - start
    return bench.measure(
        Row(
            first.target,
            f"InterFaceGAN, conditional, {ratio:.0%}",
            seconds=round(first.seconds + seconds, 1),
            samples=first.samples,
            accuracy=first.accuracy,
            note="held: " + ", ".join(names),
        ),
        bench.calibrated(LinearDirection(held[0]), first.target),
    )


def planted_row(bench: Bench, target: Target) -> Row:
    """The axis that the factor was planted on, as a floor for leakage."""
    column = FACTOR_NAMES.index(target.factor)
    axis = factor_basis(bench.generator.info.w_dim)[:, column].float()
    row = Row(target.factor, "the planted axis", seconds=0.0)
    return bench.measure(row, bench.calibrated(LinearDirection(axis / axis.norm()), target.factor))


@dataclass(frozen=True)
class Components:
    """The components of a method, measured and named once for all targets."""

    title: str
    directions: list[Direction]
    seconds: float
    samples: int


def components(bench: Bench, method: str, title: str) -> Components:
    start = time.process_time()
    found = dynode.find(method, bench.generator, count=bench.args.components)
    assert isinstance(found, list)
    pictures = NAMING_PICTURES * (1 + 2 * len(found))  # before, and twice each component
    return Components(title, found, time.process_time() - start, pictures)


def component_row(bench: Bench, found: Components, target: Target) -> Row:
    row = Row(target.factor, found.title, seconds=round(found.seconds, 1), samples=found.samples)
    scorer = ChosenScorer(bench.scorer.name, bench.scorer.model, target.factor)
    try:
        best = purest(found.directions, bench.generator, scorer, seed=0)
    except DynodeError as error:
        row.note = f"none: {error}"
        return row
    row.note = best.info.name
    return bench.measure(row, best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=5_000, help="pictures of the boundaries")
    parser.add_argument("--pictures", type=int, default=64, help="held-out pictures")
    parser.add_argument("--components", type=int, default=23)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--state", type=Path, help="file that a stopped run goes on from")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    bench = Bench(args)
    pool = bench.pool()
    rows = finished(args.state)
    labelless = [
        components(bench, "sefa", "SeFa, best component"),
        components(bench, "ganspace", "GANSpace, best component"),
    ]
    for index, target in enumerate(TARGETS):
        if any(row.target == target.factor for row in rows):
            continue
        rows += boundary_rows(bench, pool, index, target)
        rows += [component_row(bench, found, target) for found in labelless]
        rows.append(planted_row(bench, target))
        keep(rows, args.state)
        write(rows, bench)


def finished(state: Path | None) -> list[Row]:
    """Read the rows of a stopped run."""
    if state is None or not rows_of(state).exists():
        return []
    return [Row(**row) for row in json.loads(rows_of(state).read_text())]


def rows_of(state: Path) -> Path:
    """Name the file of rows beside the file of pictures."""
    return state.with_name(state.name + ".rows.json")


def keep(rows: list[Row], state: Path | None) -> None:
    """Keep the rows for a run that goes on from here."""
    if state is not None:
        rows_of(state).write_text(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    main()
