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
import os
import platform
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

import dynode
from dynode import LinearDirection
from dynode.direction import Direction
from dynode.errors import DynodeError
from dynode.generator import Generator
from dynode.population import draw_population
from dynode.scoring.calibration import calibrate
from dynode.scoring.choosing import ChosenScorer, find_scorer
from dynode.scoring.components import purest
from dynode.scoring.effects import moved, score_latents
from dynode.scoring.prompts import PromptScorer
from dynode.text import load_text_model
from dynode_facets.factor_table import FACTOR_NAMES
from dynode_facets.w_space import factor_basis
from dynode_interfacegan.boundary import Boundary, project, train_boundary

RESULTS = Path(__file__).parent / "results"
RATIO = 0.02
CONDITION_RATIO = 0.3
"""What `dynode find` takes for conditions."""
NAMING_PICTURES = 24
CALIBRATION = 32
"""Pictures of a calibration, as in `dynode find`."""
HELD_OUT_SEED = 90_000
IDENTITY = ("face_width", "jaw", "nose_size", "skin", "eye_hue", "beard", "hair_length", "age")


@dataclass(frozen=True)
class Target:
    """A factor, and the two texts that say it."""

    factor: str
    positive: str
    negative: str


TARGETS = (
    Target("smile", "a smiling face", "a face without a smile"),
    Target("age", "an old face", "a young face"),
    Target("glasses", "a face with glasses", "a face without glasses"),
    Target("yaw", "head turned to the right", "head turned to the left"),
    Target("eye_open", "eyes wide open", "eyes closed"),
)


@dataclass
class Row:
    """One direction and what it does."""

    target: str
    method: str
    effect: float = float("nan")
    leakage: float = float("nan")
    systematic: float = float("nan")
    identity: float = float("nan")
    seconds: float = float("nan")
    samples: int = 0
    accuracy: float = float("nan")
    note: str = ""
    most: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """Pictures drawn once: codes in W, every factor's score, every text pair's score.

    The seconds of texts are those of one pair.
    """

    codes: Tensor
    factors: Tensor
    texts: Tensor
    drawing_s: float
    factors_s: float
    texts_s: float


class Both:
    """Scorer and texts on the same picture, each with its own clock."""

    def __init__(self, scorer: ChosenScorer, prompts: list[PromptScorer]) -> None:
        self.scorer, self.prompts = scorer.model, prompts
        self.attributes = (*scorer.model.attributes, *(p.attributes[0] for p in prompts))
        self.deviations = (1.0,) * len(self.attributes)
        self.seconds = [0.0, 0.0]

    def score(self, images: Tensor) -> Tensor:
        start = time.process_time()
        factors = self.scorer.score(images)
        middle = time.process_time()
        texts = [prompt.score(images) for prompt in self.prompts]
        self.seconds[0] += middle - start
        self.seconds[1] += time.process_time() - middle
        return torch.cat([factors, *texts], dim=1)


class Bench:
    """The generator, what measures, and the held-out pictures."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.generator: Generator = dynode.load_generator("facets-128")
        scorer = find_scorer(self.generator.info)
        self.scorer = ChosenScorer(scorer.name, scorer.load("cpu"), "")
        self.names = self.scorer.model.attributes
        self.deviations = torch.tensor(self.scorer.model.deviations)
        self.held_out = draw_population(
            self.generator, args.pictures, seed=HELD_OUT_SEED, truncation=0.7
        )
        self.codes = draw_population(self.generator, 1000, seed=70_000).latents.w[:, 0]
        self.before = score_latents(self.scorer.model, self.generator, self.held_out.latents)

    def pool(self) -> Pool:
        """Draw and score the pictures of all boundaries, or take those of the state."""
        state = self.args.state
        if state is not None and state.exists():
            return Pool(**torch.load(state, weights_only=True))
        pool = self.drawn_pool()
        if state is not None:
            torch.save(vars(pool), state)
        return pool

    def drawn_pool(self) -> Pool:
        model = load_text_model(self.generator.info, device="cpu")
        prompts = [PromptScorer(model, t.positive, t.negative) for t in TARGETS]
        population = draw_population(self.generator, self.args.samples, seed=0)
        both = Both(self.scorer, prompts)
        start = time.process_time()
        scores = score_latents(both, self.generator, population.latents, progress=_progress)
        total = time.process_time() - start
        width = len(self.names)
        factors_s, texts_s = both.seconds
        each_s = texts_s / len(prompts)
        return Pool(
            population.latents.w[:, 0].contiguous(),
            scores[:, :width],
            scores[:, width:],
            total - factors_s - texts_s,
            factors_s,
            each_s,
        )

    def calibrated(self, direction: LinearDirection, factor: str) -> Direction:
        scorer = ChosenScorer(self.scorer.name, self.scorer.model, factor)
        start = direction.with_info(scale=float((self.codes @ direction.delta).std()))
        return calibrate(start, self.generator, scorer, samples=CALIBRATION, seed=70_000)

    def measure(self, row: Row, direction: Direction) -> Row:
        """Fill in what a calibrated direction does to the held-out pictures at strength 1."""
        after = score_latents(
            self.scorer.model,
            self.generator,
            moved(direction, self.generator, self.held_out, 1.0),
        )
        changes = (after - self.before) / self.deviations
        target = self.names.index(row.target)
        others = [index for index in range(len(self.names)) if index != target]
        identity = [self.names.index(name) for name in IDENTITY if name != row.target]
        mean = changes.mean(0)
        row.effect = round(float(mean[target]), 3)
        row.leakage = round(float(changes[:, others].abs().mean()), 4)
        row.systematic = round(float(mean[others].abs().mean()), 4)
        row.identity = round(float(changes[:, identity].square().mean().sqrt()), 4)
        strongest = sorted(others, key=lambda index: -abs(float(mean[index])))[:4]
        row.most = {self.names[index]: round(float(mean[index]), 3) for index in strongest}
        print(row, flush=True)
        return row


def _progress(done: int, total: int, message: str = "") -> None:
    if done % 1600 == 0:
        print(f"{message} {done}/{total}", flush=True)


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


def table(rows: list[Row]) -> list[str]:
    head = ("target", "method", "effect", "leakage", "systematic", "identity", "seconds")
    lines = [f"| {' | '.join((*head, 'samples', 'accuracy', 'most besides'))} |"]
    lines.append("|---|---|" + "---:|" * 7 + "---|")
    for row in rows:
        most = ", ".join(f"{name} {change:+.2f}" for name, change in list(row.most.items())[:2])
        cells = [row.target, row.method, *(_cell(getattr(row, name)) for name in head[2:])]
        accuracy = f"{row.accuracy:.1%}" if row.accuracy == row.accuracy else ""
        lines.append(f"| {' | '.join((*cells, f'{row.samples:,}', accuracy, most or row.note))} |")
    return lines


def _cell(value: float) -> str:
    return f"{value:.3g}" if value == value else ""


def means(rows: list[Row]) -> list[str]:
    """Average the targets, method by method."""
    lines = ["| method | leakage | systematic | identity |", "|---|---:|---:|---:|"]
    for method in dict.fromkeys(row.method for row in rows):
        own = [row for row in rows if row.method == method and row.leakage == row.leakage]
        if own:
            cells = [
                sum(getattr(row, name) for row in own) / len(own)
                for name in ("leakage", "systematic", "identity")
            ]
            title = method if len(own) == len(TARGETS) else f"{method} ({len(own)} targets)"
            lines.append(f"| {title} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return lines


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
        write(rows, bench)


def finished(state: Path | None) -> list[Row]:
    """Read the rows of a stopped run."""
    if state is None or not rows_of(state).exists():
        return []
    return [Row(**row) for row in json.loads(rows_of(state).read_text())]


def rows_of(state: Path) -> Path:
    """Name the file of rows beside the file of pictures."""
    return state.with_name(state.name + ".rows.json")


def write(rows: list[Row], bench: Bench) -> None:
    """Write what is measured so far."""
    args = bench.args
    command = (
        f"python benchmarks/directions.py --samples {args.samples}"
        f" --pictures {args.pictures} --components {args.components}"
    )
    document = {
        "command": command,
        "seed": 0,
        "held_out_seed": HELD_OUT_SEED,
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": args.threads,
            "torch": torch.__version__,
        },
        "generator": bench.generator.info.fingerprint,
        "rows": [asdict(row) for row in rows],
    }
    if args.state is not None:
        rows_of(args.state).write_text(json.dumps(document["rows"]))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "directions.json").write_text(json.dumps(document, indent=2) + "\n")
    head = (
        f"`{command}`, seed 0 (held-out pictures: {HELD_OUT_SEED}), {args.threads} of "
        f"{os.cpu_count()} CPU cores, torch {torch.__version__}; seconds of processor time."
    )
    text = [head, "", *table(rows), "", "Means over the targets:", "", *means(rows)]
    (RESULTS / "directions.md").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
