"""Draw 2,000 cartoons, and measure what the command that fine-tunes has learnt from them.

    python -m benchmarks.cartoon_training draw cartoons.zip
    dynode train stylegan2 --data cartoons.zip --from facets-128 --freeze styles --run-folder runs/whole …
    python -m benchmarks.cartoon_training measure runs/whole/snapshot-000150.safetensors … [--count 240]

The first network's directions are measured too. Fréchet distances as in `benchmarks.cartoon_figures`.
"""

from __future__ import annotations

import argparse
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from PIL import Image

import dynode
import dynode_make
from benchmarks.cartoon import redraw
from benchmarks.cartoon_figures import drawing, moments, size_of
from benchmarks.result_files import write_json, write_markdown
from dynode.media.images import grid, to_uint8
from dynode.plugins.loaded import HiddenScorerModel
from dynode.scoring.choosing import find_scorer
from dynode_make.fitting_directions import fitting_directions
from dynode_metrics.frechet import Moments, frechet_distance

_BATCH, _FIRST_SEED = 8, 500_000


def draw(path: Path, count: int) -> None:
    """Redraw pictures of the bundled generator, and pack them as a data set."""
    pictures = drawing(dynode.load_generator("facets-128"), _FIRST_SEED, finish=redraw)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for first in range(0, count, _BATCH):
            with torch.inference_mode():
                batch = to_uint8(pictures(first)).numpy()
            for index, pixels in enumerate(batch[: count - first], first):
                held = io.BytesIO()
                Image.fromarray(pixels).save(held, "PNG")
                archive.writestr(f"cartoons/{index:05d}.png", held.getvalue())


def measure(paths: list[Path], count: int, sheet: Path | None) -> dict[str, Any]:
    parent = dynode.load_generator("facets-128")
    model = find_scorer(parent.info).load(parent.device)
    assert isinstance(model, HiddenScorerModel)
    truth = moments(drawing(parent, 10**6, finish=redraw), model.hidden, count)
    before, other = Moments(), Moments()  # of the same pictures, drawn once
    for first in range(0, count, _BATCH):
        with torch.inference_mode():
            images = drawing(parent)(first)
            before.add(model.hidden(images))
            other.add(model.hidden(redraw(images)))

    def figure(seen: Moments) -> float:
        there = (truth.mean, truth.covariance())
        return round(frechet_distance(seen.mean, seen.covariance(), *there), 3)

    rows: dict[str, Any] = {
        "other redrawn pictures": {"frechet": figure(other)},
        "facets, before": {"frechet": figure(before)},
    }
    children = [dynode.load_generator(path) for path in paths]
    for path, child in zip(paths, children, strict=True):
        name = f"{path.parent.name}, {path.stem}"
        rows[name] = {"frechet": figure(moments(drawing(child), model.hidden, count))}
        rows[name]["bytes"] = _bytes(parent, child, path)
        print(name, rows[name], flush=True)
    effects = [one.document() for one in fitting_directions(children[0], [parent], count=32)]
    if sheet:
        _sheet(parent, children, sheet)
    return {"count": count, "rows": rows, "directions": effects}


def _bytes(parent: dynode.Generator, child: dynode.Generator, path: Path) -> int:
    """Return the size of a file: of a run of low rank, that of its direction."""
    if "rank" not in path.parent.name:
        return path.stat().st_size
    rank = int("".join(filter(str.isdecimal, path.parent.name)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing else has changed
        return size_of(dynode_make.blend(parent, child, average=1.0).slider(rank=rank))


def _sheet(parent: dynode.Generator, children: list[dynode.Generator], path: Path) -> None:
    with torch.inference_mode():
        first = parent.synthesize(parent.sample(6, seed=0, truncation=0.7))
        rows = [one.synthesize(one.sample(6, seed=0, truncation=0.7)) for one in children]
    grid(torch.cat([first, *rows, redraw(first)]), columns=6).save(path)


def tell(found: dict[str, Any]) -> None:
    write_json("cartoon-training", found)
    lines = [
        "# Fine-tuned on 2,000 cartoons by the command",
        "",
        "`benchmarks/cartoon_training.py` says how; Fréchet distances of hidden units to redrawn facets of",
        f"other seeds, {found['count']} pictures a side, seed 0, truncation 1. Batches of 4 with",
        "`--channels 0.125 --max-channels 128 --augment none --average-kimg 0.2`; a step takes about",
        "2.1 s of one processor.",
        "",
        "| pictures | Fréchet distance | file, MB |",
        "|---|---|---|",
    ]
    for name, row in found["rows"].items():
        size = f"{row['bytes'] / 1e6:.2f}" if "bytes" in row else ""
        lines.append(f"| {name} | {row['frechet']:.3f} | {size} |")
    lines += [
        "",
        "Ready directions of facets on the first of these networks, at strength 1, 32 pictures:",
        "",
        "| direction | attribute | on facets | here | kept |",
        "|---|---|---|---|---|",
    ]
    for row in found["directions"]:
        told = f"{row['before']:+.2f} | {row['after']:+.2f} | {'yes' if row['fits'] else 'no'}"
        lines.append(f"| {row['name']} | {row['attribute']} | {told} |")
    write_markdown("cartoon-training", lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    drawn = parts.add_parser("draw")
    drawn.add_argument("output", type=Path)
    drawn.add_argument("--count", type=int, default=2000)
    measured = parts.add_parser("measure")
    measured.add_argument("networks", type=Path, nargs="+")
    measured.add_argument("--count", type=int, default=240)
    measured.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    if given.part == "draw":
        draw(given.output, given.count)
    else:
        tell(measure(given.networks, given.count, given.sheet))
