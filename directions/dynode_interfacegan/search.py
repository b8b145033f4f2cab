"""From options to a direction: what scores, which samples, the boundaries and their projection."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo, LinearDirection, ZDirection, load_direction
from dynode.errors import OptionError
from dynode.generator import Generator
from dynode.plugins import Progress
from dynode.scoring import ChosenScorer, calibrate, choose_prompts, choose_scorer, read_labels
from dynode_interfacegan.boundary import Boundary, project, train_boundary
from dynode_interfacegan.samples import Samples, draw_samples, labelled_samples
from dynode_interfacegan.solvers import SOLVERS

if TYPE_CHECKING:
    from dynode_interfacegan.options import BoundaryOptions

_CALIBRATION_SAMPLES = 32


def find_boundary(
    generator: Generator, options: BoundaryOptions, *, seed: int, progress: Progress
) -> Direction:
    """Find the direction of an attribute, conditioned on others.

    Raises:
        OptionError: The options or the samples make no boundary.
    """
    ready = [name for name in options.conditions if _is_file(name)]
    scored = [name for name in options.conditions if not _is_file(name)]
    if options.labels is not None:
        table = read_labels(options.labels)
        chosen, name = None, options.attribute or table.columns[0]
        _check_conditions(scored, name, options)
        samples = labelled_samples(table, generator, [options.attribute, *scored], options)
    else:
        chosen, samples = _scored_samples(generator, options, scored, seed, progress)
        name = chosen.attribute
    result = _Search(options, seed).run(samples, [_read_row(path, options) for path in ready])
    direction = _direction(result, options, generator, name=name, seed=seed)
    if options.calibrate and chosen is not None:
        return calibrate(
            direction.with_info(scale=_expected_strength(result.slope, chosen)),
            generator,
            chosen,
            samples=_CALIBRATION_SAMPLES,
            seed=seed + 1,
            with_curve=False,  # half of the pictures; `directions calibrate` measures it
            progress=progress,
        )
    return direction


def _expected_strength(slope: float, chosen: ChosenScorer) -> float:
    """Guess the strength that moves the attribute by one deviation, for the search to begin with."""
    deviation = chosen.model.deviations[chosen.column]
    return deviation / slope if slope > 1e-6 * deviation else 1.0


def _slope(codes: Tensor, scores: Tensor, vectors: Tensor) -> float:
    """Give the score's change by a step of 1 along the vectors: least squares over the samples."""
    along = (codes.float() @ vectors[0].float()).double()
    along -= along.mean()
    return float(along @ scores.double() / along.square().sum().clamp(min=1e-30))


def _check_conditions(conditions: list[str], attribute: str, options: BoundaryOptions) -> None:
    """Refuse the attribute as its own condition; two boundaries of one attribute differ by noise."""
    for name in conditions:
        if name in (attribute, f"{options.positive}|{options.negative}"):
            raise OptionError(
                f"the condition {name!r} is the attribute itself; the conditions leave nothing of the "
                f"boundary, name others"
            )


def _is_file(name: str) -> bool:
    return name.endswith(".safetensors")


def _read_row(path: str, options: BoundaryOptions) -> Tensor:
    """Read a direction file as a condition: (1, d), or (rows, d) in W+."""
    direction = load_direction(Path(path))
    wanted = "z" if options.space == "z" else "w+"
    if direction.space != wanted or not isinstance(direction, LinearDirection | ZDirection):
        raise OptionError(
            f"the condition {path} is a direction of space {direction.space!r}; expected {wanted!r}, the "
            f"space of the boundary"
        )
    delta = direction.delta.double()
    rows = delta if delta.ndim == 2 else delta[None]
    unit: Tensor = rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-30)
    return unit


def _scored_samples(
    generator: Generator,
    options: BoundaryOptions,
    conditions: list[str],
    seed: int,
    progress: Progress,
) -> tuple[ChosenScorer, Samples]:
    chosen = choose_scorer(generator, options, seed=seed)
    _check_conditions(conditions, chosen.attribute, options)
    scorers, columns = [chosen], [chosen.column]
    width = len(chosen.model.attributes)
    for name in conditions:
        if "|" not in name:
            model = dataclasses.replace(chosen, attribute=_known_attribute(chosen, name))
            columns.append(model.column)
            continue
        positive, _, negative = name.partition("|")
        texts = dataclasses.replace(options, positive=positive, negative=negative)
        scorers.append(choose_prompts(generator, texts, seed=seed))
        columns.append(width)
        width += 1
    samples = draw_samples(generator, scorers, options, seed=seed, progress=progress)
    return chosen, Samples(samples.codes, samples.scores[:, columns])


def _known_attribute(chosen: ChosenScorer, name: str) -> str:
    if name not in chosen.model.attributes:
        raise OptionError(
            f"the condition {name!r} is no attribute of the scorer, no 'text|text' pair and no direction "
            f"file; attributes: {', '.join(chosen.model.attributes)}"
        )
    return name


@dataclass(frozen=True, eq=False)
class _Result:
    """Vectors (1, d), or (rows, d) in W+, with what training them told.

    `slope` is the score's expected change where all rows move by 1.
    """

    vectors: Tensor
    slope: float
    figures: dict[str, float]


@dataclass(frozen=True)
class _Search:
    """Training with the same options for every attribute and row."""

    options: BoundaryOptions
    seed: int

    def run(self, samples: Samples, ready: list[Tensor]) -> _Result:
        if samples.codes.ndim == 2:
            return self._one_row(samples, [rows[:1] for rows in ready])
        count = samples.codes.shape[1]
        spread = [rows.expand(count, -1) for rows in ready]
        found = [
            self._one_row(
                Samples(samples.codes[:, row].contiguous(), samples.scores),
                [rows[row : row + 1] for rows in spread],
            )
            for row in range(count)
        ]
        vectors = torch.cat([result.vectors for result in found])
        figures = {
            name: sum(result.figures[name] for result in found) / count for name in found[0].figures
        }
        return _Result(vectors, sum(result.slope for result in found), figures)

    def _one_row(self, samples: Samples, ready: list[Tensor]) -> _Result:
        scores, *held = samples.scores.T
        primal = self._train(samples.codes, scores, self.options.ratio)
        others = [self._train(samples.codes, part, self.options.condition_ratio) for part in held]
        conditions = [*(other.normal for other in others), *ready]
        figures = {
            "validation_accuracy": primal.validation_accuracy,
            "remaining_accuracy": primal.remaining_accuracy,
            "samples": float(len(samples.codes)),
            "chosen_at_each_end": float(primal.chosen),
        }
        vectors = project(primal.normal, conditions)
        return _Result(vectors, _slope(samples.codes, scores, vectors), figures)

    def _train(self, codes: Tensor, scores: Tensor, ratio: float) -> Boundary:
        options = self.options
        return train_boundary(
            codes,
            scores,
            chosen_num_or_ratio=ratio,
            split_ratio=options.split,
            solver=SOLVERS["fast" if options.solver == "auto" else options.solver],
            seed=self.seed,
        )


def _direction(
    result: _Result, options: BoundaryOptions, generator: Generator, *, name: str, seed: int
) -> Direction:
    held = "".join(f"-c-{_short(condition)}" for condition in options.conditions)
    info = DirectionInfo(
        name=_short(name) + held,
        unit=f"distance 1 in {options.space.upper()}",
        figures={key: round(value, 4) for key, value in result.figures.items()},
    )
    if options.space == "z":
        return ZDirection(result.vectors[0].clone(), info=info)
    delta = result.vectors if options.space == "w+" else result.vectors[0]
    return LinearDirection(delta.clone(), info=info)


def _short(name: str) -> str:
    words = Path(name).stem if _is_file(name) else name.partition("|")[0]
    return "-".join("".join(c if c.isalnum() else " " for c in words.lower()).split())
