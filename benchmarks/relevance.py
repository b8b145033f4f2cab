"""Relevance of style channels: backward passes against rendering every channel, on the bundled world.

    python benchmarks/relevance.py

Measures the channel directions exactly (each channel at -5 and +5 deviations), then by gradients on
the same pictures and on others, and compares the relevances of ten texts over the 100 channels that
are most relevant by the exact measure. Pictures that have been measured are kept in the cache folder,
their times in `--state`, so an interrupted run goes on. Writes `results/relevance.json` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from scipy.stats import spearmanr
from torch import Tensor

from dynode.generator.loading import load_generator
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.plugins.loaded import TextImageModel
from dynode.plugins.methods import silent
from dynode.text import load_text_model, text_axis
from dynode_styleclip.cache import relevance_cache
from dynode_styleclip.exact import channel_directions
from dynode_styleclip.gradient import (
    PRINCIPAL,
    channel_derivatives,
    cosines,
    gradient_relevance,
    principal_directions,
)
from dynode_styleclip.statistics import StyleStatistics, measure_styles

RESULTS = Path(__file__).parent / "results"
TEXTS = (
    "smiling",
    "angry",
    "an old person with gray hair",
    "eyes closed",
    "wearing glasses",
    "a beard",
    "long hair",
    "mouth open",
    "looking left",
    "blonde hair",
)
TOP = 100
SEED = 0
TRUNCATION = 0.7


def main() -> None:
    """Run the benchmark."""
    args = _arguments()
    torch.set_num_threads(1)
    generator = load_generator()
    model = load_text_model(generator.info, device="cpu")
    statistics = measure_styles(generator, seed=SEED, truncation=TRUNCATION)
    exact, seconds = _exact(generator, model, statistics, args)
    channels = len(exact)
    rows = principal_directions(generator, model, seed=SEED, truncation=TRUNCATION)
    axes = torch.stack([text_axis(model, text, "a face") for text in TEXTS])
    codes = {
        "same": draw_population(generator, args.images, seed=SEED, truncation=TRUNCATION).latents,
        "others": draw_population(generator, 32, seed=SEED + 1000, truncation=TRUNCATION).latents,
    }
    along = {
        name: channel_derivatives(
            generator, model, torch.cat([rows, axes]), part, statistics, progress=silent
        )
        for name, part in codes.items()
    }
    table = []
    for index, text in enumerate(TEXTS):
        told = exact @ axes[index]
        row: dict[str, Any] = {"text": text}
        for name, found in along.items():
            own = found[len(rows) + index]
            relevance = cosines(axes[index], own, rows, found[: len(rows)])
            row[name] = _agreement(told, relevance)
            if name == "same":
                row["text_alone"] = _agreement(told, own.mean(0))
        table.append(row)
        print(row, flush=True)
    sides = {"exact": {"pictures": args.images, "passes": 2 * channels * args.images, **seconds}}
    for name, part in codes.items():
        sides[name] = {
            "pictures": len(part),
            # Pictures for the principal directions, then one render and the backward passes each.
            "passes": 32 + len(part) * (2 + len(rows)),
            **_gradient_seconds(generator, model, statistics, part, axes[0]),
        }
    _write(table, sides, args)


def _gradient_seconds(
    generator: Generator,
    model: TextImageModel,
    statistics: StyleStatistics,
    codes: Latents,
    axis: Tensor,
) -> dict[str, float]:
    """Time the whole way from nothing to the relevances of one text."""

    def work() -> None:
        rows = principal_directions(generator, model, seed=SEED, truncation=TRUNCATION)
        gradient_relevance(generator, model, axis, codes, statistics, rows=rows, progress=silent)

    _, wall, cpu = _timed(work)
    return {"wall": wall, "cpu": cpu}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=4, help="pictures of the exact measure")
    parser.add_argument("--state", type=Path, default=Path("runs/relevance.json"))
    return parser.parse_args()


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return a result, wall seconds and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def _exact(
    generator: Generator,
    model: TextImageModel,
    statistics: StyleStatistics,
    args: argparse.Namespace,
) -> tuple[Tensor, dict[str, float]]:
    """Measure picture by picture, and keep the seconds of each."""
    codes = draw_population(generator, args.images, seed=SEED, truncation=TRUNCATION).latents
    cache = relevance_cache(
        generator, model, list(statistics.means), args.images, seed=SEED, truncation=TRUNCATION
    )
    seconds = json.loads(args.state.read_text()) if args.state.exists() else []
    done = cache.read()[0]
    seconds = seconds[:done]
    for count in range(done + 1, args.images + 1):
        _, wall, cpu = _timed(
            lambda count=count: channel_directions(  # type: ignore[misc]
                generator, model, codes[:count], statistics, cache=cache, progress=silent
            )
        )
        seconds.append([wall, cpu])
        args.state.parent.mkdir(parents=True, exist_ok=True)
        args.state.write_text(json.dumps(seconds))
        print(f"picture {count}: {wall:.0f} s, {cpu:.0f} s of the processor", flush=True)
    rows = channel_directions(generator, model, codes, statistics, cache=cache, progress=silent)
    return rows, {"wall": sum(s[0] for s in seconds), "cpu": sum(s[1] for s in seconds)}


def _agreement(exact: Tensor, found: Tensor) -> dict[str, float]:
    """Rank correlation over the channels that are most relevant by the exact measure."""
    top = exact.abs().topk(TOP).indices
    signed = spearmanr(exact[top], found[top]).statistic
    size = spearmanr(exact[top].abs(), found[top].abs()).statistic
    chosen = set(exact.abs().topk(50).indices.tolist())
    shared = len(chosen & set(found.abs().topk(50).indices.tolist())) / 50
    return {"signed": round(signed, 3), "size": round(size, 3), "shared_50": round(shared, 2)}


def _write(
    table: list[dict[str, Any]], sides: dict[str, dict[str, float]], args: argparse.Namespace
) -> None:
    command = f"python benchmarks/relevance.py --images {args.images}"
    machine = f"{platform.machine()}, 2 CPU cores, 1 thread, torch {torch.__version__}"
    document = {"command": command, "machine": machine, "sides": sides, "rows": table}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "relevance.json").write_text(json.dumps(document, indent=2) + "\n")
    lines = [
        f"`{command}` ({machine}), seed {SEED}. Rank correlation (Spearman) with the exact relevance",
        f"over its {TOP} most relevant channels; lengths along {PRINCIPAL} principal directions.",
        "",
        f"| text | same {args.images} pictures | sizes alone | 32 other pictures | "
        "derivative along the text alone |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in table:
        lines.append(
            f"| {row['text']} | {row['same']['signed']:.3f} | {row['same']['size']:.3f} | "
            f"{row['others']['signed']:.3f} | {row['text_alone']['signed']:.3f} |"
        )
    lines += [
        "",
        "| one text, from nothing | pictures | renders and backward passes | processor s | wall s |",
        "|---|---:|---:|---:|---:|",
    ]
    names = {"exact": "exact", "same": "gradient, the same", "others": "gradient, as by default"}
    lines += [
        f"| {names[name]} | {side['pictures']} | {side['passes']} | {side['cpu']:.1f} | "
        f"{side['wall']:.0f} |"
        for name, side in sides.items()
    ]
    exact, same = sides["exact"], sides["same"]
    lines += [
        "",
        f"On the same pictures exact takes {exact['passes'] / same['passes']:.0f} times as many passes and "
        f"{exact['cpu'] / same['cpu']:.0f} times the processor time; for the 100 pictures of the "
        f"published code it would take {100 * exact['cpu'] / exact['pictures']:.0f} s.",
    ]
    (RESULTS / "relevance.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
