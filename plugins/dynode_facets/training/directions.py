"""Find the ready directions of the bundled generator: score pictures once, then one boundary each."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

import dynode
from dynode import files
from dynode.direction import Direction, LinearDirection
from dynode.errors import UsageError
from dynode.generator import Generator, draw_population, draw_z
from dynode.latents import Latents
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode.scoring import ChosenScorer, calibrate, mean_effect, score_latents
from dynode_facets.factor_table import FACTOR_NAMES
from dynode_facets.scorer import FacetsScorerModel
from dynode_worlds.training.library import Ready, choose_ready

_BATCH = 200
_SCORER = "facets-scorer"
_CALIBRATION_SEED = 70_000
_SPREAD_SAMPLES = 512


LIBRARY: tuple[Ready, ...] = (
    Ready("age", "age"),
    Ready("angry", "brow"),
    Ready("beard", "beard"),
    Ready("eyes-closed", "eye_open", is_lowering=True),
    Ready("glasses", "glasses"),
    Ready("smile", "smile"),
    Ready("yaw", "yaw"),
)
"""Factors that people ask for, all read by the scorer with a correlation above 0.93."""


@dataclass(frozen=True)
class DirectionsRecipe:
    """Options of `find_library`; the defaults made the bundled directions."""

    samples: int = option(10_000, help="Pictures to go by.", unit="pictures", min=100, max=10**7)
    ratio: float = option(0.1, help="Share of them at each end.", min=1e-6, max=0.5)
    conditions: int = option(
        3, help="Factors held still: those the plain boundary moves most.", min=0, max=20
    )
    pictures: int = option(
        24, help="Pictures of the calibration.", unit="pictures", min=2, max=10**5
    )
    only: tuple[str, ...] = option((), help="Names of the directions, by commas; all if absent.")


def find_library(
    output: Path,
    recipe: DirectionsRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    progress: Progress = silent,
) -> None:
    """Find the ready directions and write one file each; those that are there are left alone.

    Every picture is drawn and scored once; the scores are kept in `folder`, and a stopped run goes on
    from them. For every direction InterFaceGAN finds the plain boundary, its effect on the other
    factors is measured, and the boundary is conditioned on those that it moves most.

    Args:
        output: Folder of the files.
        recipe: What to do.
        folder: Where the scores are kept.
        generator: A facets generator; None for the bundled one.
        progress: Called after every batch of pictures and every direction.

    Raises:
        UsageError: The recipe names a direction that is none of the library, or `folder` holds the
            scores of something else.
    """
    wanted = [
        (ready, output / f"{ready.name}.safetensors")
        for ready in choose_ready(LIBRARY, recipe.only)
    ]
    wanted = [(ready, path) for ready, path in wanted if not path.exists()]
    if not wanted:
        return
    loaded = generator if generator is not None else dynode.load_generator("facets-128")
    scorer = FacetsScorerModel.bundled(loaded.device)
    labels = _scored(loaded, scorer, recipe.samples, folder, progress)
    for index, (ready, path) in enumerate(wanted):
        _found(ready, loaded, scorer, labels, recipe).save(path)
        progress(index + 1, len(wanted), ready.name)


def _scored(
    generator: Generator, scorer: FacetsScorerModel, count: int, folder: Path, progress: Progress
) -> Path:
    """Score the pictures of the seeds from 0 on; rows that are there already stay."""
    kept = folder / f"scores-{generator.info.fingerprint[:12]}.csv"
    rows = list(_kept_rows(kept))[:count]
    for start in range(len(rows), count, _BATCH):
        seeds = range(start, min(start + _BATCH, count))
        z = torch.cat([draw_z(generator.info, 1, seed=seed) for seed in seeds])
        with torch.inference_mode():
            mapped = generator.map(z.to(generator.device, generator.dtype))
        scores = score_latents(scorer, generator, Latents(mapped.w.clone()))
        rows += [
            [str(seed), *(f"{score:.6f}" for score in own)]
            for seed, own in zip(seeds, scores.tolist(), strict=True)
        ]
        _write_rows(kept, rows)
        progress(len(rows), count, "scoring")
    labels = folder / "labels.csv"
    _write_rows(labels, rows)
    return labels


def _kept_rows(path: Path) -> Iterator[list[str]]:
    if not path.is_file():
        return
    with path.open(newline="") as stream:
        head, *rows = csv.reader(stream)
    if head != ["seed", *FACTOR_NAMES]:
        raise UsageError(f"{path} holds other scores; name another --run-folder")
    yield from rows


def _write_rows(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with files.written(path) as temporary, temporary.open("w", newline="") as stream:
        csv.writer(stream).writerows([["seed", *FACTOR_NAMES], *rows])


def _found(
    ready: Ready,
    generator: Generator,
    scorer: FacetsScorerModel,
    labels: Path,
    recipe: DirectionsRecipe,
) -> Direction:
    plain = _boundary(ready, generator, labels, recipe, ())
    held = _moved_besides(plain, ready, generator, scorer, recipe)[: recipe.conditions]
    chosen = _boundary(ready, generator, labels, recipe, held) if held else plain
    calibrated = calibrate(
        chosen,
        generator,
        ChosenScorer(_SCORER, scorer, ready.factor),
        samples=recipe.pictures,
        seed=_CALIBRATION_SEED,
        lower=ready.is_lowering,
    )
    told = {
        "attribute": ready.factor,
        "conditions": list(held),
        "samples": recipe.samples,
        "ratio": recipe.ratio,
    }
    return calibrated.with_info(
        name=ready.name, options=told, source=f"dynode facets train directions, scores of {_SCORER}"
    )


def _boundary(
    ready: Ready,
    generator: Generator,
    labels: Path,
    recipe: DirectionsRecipe,
    conditions: Sequence[str],
) -> Direction:
    """Find a boundary; strength 1 is one standard deviation of the codes across it."""
    found = dynode.find(
        "interfacegan",
        generator,
        labels=labels,
        attribute=ready.factor,
        conditions=tuple(conditions),
        ratio=recipe.ratio,
        condition_ratio=recipe.ratio,
    )
    assert isinstance(found, LinearDirection)
    codes = draw_population(generator, _SPREAD_SAMPLES, seed=_CALIBRATION_SEED).latents.w[:, 0]
    return found.with_info(scale=float((codes @ found.delta.to(codes)).std()))


def _moved_besides(
    direction: Direction,
    ready: Ready,
    generator: Generator,
    scorer: FacetsScorerModel,
    recipe: DirectionsRecipe,
) -> list[str]:
    """List the other factors, the most moved first."""
    population = draw_population(generator, recipe.pictures, seed=_CALIBRATION_SEED, truncation=0.7)
    effect = mean_effect(direction, generator, scorer, population)
    slopes = ((effect(1.0) - effect(-1.0)) / 2).tolist()
    moved = dict(zip(FACTOR_NAMES, slopes, strict=True))
    del moved[ready.factor]
    return sorted(moved, key=lambda name: -abs(moved[name]))
