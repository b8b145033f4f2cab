"""Measure a network that was fine-tuned to draw cartoons, whole, of low rank and blended.

    python -m benchmarks.cartoon_figures CARTOON.safetensors [--count 400]

The Fréchet distance is that of the hidden units of the scorer of facets, between pictures of a network
and redrawn pictures of facets of other seeds; two sets of redrawn pictures say what is nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import dynode
import dynode_make
from benchmarks.cartoon import redraw
from benchmarks.result_files import write_json, write_markdown
from dynode.plugins.loaded import HiddenScorerModel
from dynode.scoring.choosing import find_scorer
from dynode_make.fitting_directions import fitting_directions
from dynode_metrics.frechet import Moments, frechet_distance

_BATCH, _RANKS = 8, (4, 8, 16, 32)


def moments(
    draw: Callable[[int], Tensor], hidden: Callable[[Tensor], Tensor], count: int
) -> Moments:
    found = Moments()
    for first in range(0, count, _BATCH):
        with torch.inference_mode():
            found.add(hidden(draw(first)))
    return found


def drawing(
    generator: dynode.Generator,
    seed: int = 0,
    *,
    change: dynode.Direction | None = None,
    finish: Callable[[Tensor], Tensor] = torch.clone,
) -> Callable[[int], Tensor]:
    """Draw batches of seeds, their codes moved and the pictures redrawn."""

    def draw(first: int) -> Tensor:
        codes = generator.sample(_BATCH, seed=seed + first, truncation=1.0)
        return finish(generator.synthesize(codes if change is None else change.apply(codes)))

    return draw


def measure(path: Path, count: int) -> dict[str, Any]:
    parent, child = dynode.load_generator("facets-128"), dynode.load_generator(path)
    model = find_scorer(parent.info).load(parent.device)
    assert isinstance(model, HiddenScorerModel)
    truth = moments(drawing(parent, 10**6, finish=redraw), model.hidden, count)

    def figure(draw: Callable[[int], Tensor]) -> float:
        seen = moments(draw, model.hidden, count)
        distance = frechet_distance(seen.mean, seen.covariance(), truth.mean, truth.covariance())
        return round(distance, 3)

    size = path.stat().st_size
    rows = {
        "other redrawn pictures": (figure(drawing(parent, finish=redraw)), 0),
        "facets, before": (figure(drawing(parent)), 0),
        "fine-tuned, whole": (figure(drawing(child)), size),
    }
    whole = dynode_make.blend(parent, child, average=1.0)
    for rank in _RANKS:
        slider = whole.slider(rank=rank)
        rows[f"rank {rank}"] = (figure(drawing(parent, change=slider)), size_of(slider))
    for resolution in (16, 32):
        made = dynode_make.blend(parent, child, resolution=resolution).generator
        rows[f"blend from {resolution} px on"] = (figure(drawing(made)), size)
    effects = [one.document() for one in fitting_directions(child, [parent], count=32)]
    return {"count": count, "kinship": whole.kinship, "frechet": rows, "directions": effects}


def size_of(direction: dynode.Direction) -> int:
    with tempfile.TemporaryDirectory() as folder:
        direction.save(Path(folder, "low.safetensors"))
        return Path(folder, "low.safetensors").stat().st_size


def tell(found: dict[str, Any]) -> None:
    write_json("cartoon", found)
    lines = [
        "# A network fine-tuned on cartoons",
        "",
        "`python -m benchmarks.cartoon cartoon.safetensors`, then `python -m benchmarks.cartoon_figures",
        f"cartoon.safetensors --count {found['count']}`; seed 0, truncation 1.",
        "",
        "| pictures | Fréchet distance to redrawn facets | file, MB |",
        "|---|---|---|",
    ]
    for name, (figure, size) in found["frechet"].items():
        lines.append(
            f"| {name} | {figure:.3f} | {size / 1e6:.2f} |"
            if size
            else f"| {name} | {figure:.3f} | |"
        )
    lines += [
        "",
        "Ready directions of facets on the fine-tuned network, at strength 1, 32 pictures:",
        "",
    ]
    lines += [
        "| direction | attribute | on facets | on the cartoon | kept |",
        "|---|---|---|---|---|",
    ]
    for row in found["directions"]:
        kept = "yes" if row["fits"] else "no"
        lines.append(
            f"| {row['name']} | {row['attribute']} | {row['before']:+.2f} | {row['after']:+.2f} | {kept} |"
        )
    write_markdown("cartoon", lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cartoon", type=Path)
    parser.add_argument("--count", type=int, default=400)
    given = parser.parse_args()
    tell(measure(given.cartoon, given.count))
