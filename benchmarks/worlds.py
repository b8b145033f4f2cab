"""Measure the bundled worlds: how fast they are rendered, and how near and fast their generators draw.

    OMP_NUM_THREADS=1 python benchmarks/worlds.py renderers
    OMP_NUM_THREADS=1 python benchmarks/worlds.py generators
    python benchmarks/worlds.py sheet                           # docs/images/facets-finer.jpg

Renderers draw 128 px, 32 pictures at a time, alone and by two processes at once; rates are per second
of the processor, that of two the sum of both, and per second of the clock. Generators are compared
with the render of the same factors, 512 held-out z of seed 7: 10 log10(4 / mean squared error) of
each picture. Writes benchmarks/results/worlds.json and worlds.md; about three minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from result_files import RESULTS, write_json, write_markdown
from torch import Tensor
from torch.nn import functional

import dynode
from dynode.media.images import grid
from dynode_facets.world import FACETS
from dynode_skies.world import SKIES
from dynode_worlds.world import World

WORLDS = {"facets": FACETS, "skies": SKIES}
GENERATORS = {"facets-128": FACETS, "facets-256": FACETS, "skies-128": SKIES}
PICTURES, SEED, AT_A_TIME = 512, 7, 8
BATCH, BATCHES, ROUNDS = 32, 4, 6
SHOWN = (0, 3, 5, 6, 7)


def rendered(world: str) -> tuple[float, float, float]:
    """Draw some batches: pictures a second of the processor, and when by the clock it began and ended."""
    torch.set_num_threads(1)
    z = torch.randn(BATCH, 512, generator=torch.Generator().manual_seed(SEED))
    factors = WORLDS[world].population.factors(z)
    WORLDS[world].render(factors, 128)
    began, rates = time.time(), []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(BATCHES):
            WORLDS[world].render(factors, 128)
        rates.append(BATCH * BATCHES / (time.process_time() - start))
    return max(rates), began, time.time()


def renderers() -> dict[str, Any]:
    """Measure every renderer in one process, and in two at once."""
    found = {}
    for world in WORLDS:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            one = pool.submit(rendered, world).result()
            both = list(pool.map(rendered, [world, world]))
        together = max(end for *_, end in both) - min(began for _, began, _ in both)
        count = BATCH * BATCHES * ROUNDS
        found[world] = {
            "one": round(one[0]),
            "two": round(sum(rate for rate, *_ in both)),
            "two, by the clock": round(2 * count / together),
        }
    return found


def generators() -> dict[str, Any]:
    """Compare every generator with its renderer, and time it."""
    found = {}
    for name, world in GENERATORS.items():
        generator = dynode.load_generator(name, device="cpu")
        side = generator.info.resolution[0]
        found[name] = compared(world, side, lambda z, g=generator: drawn(g, z)) | timed(generator)
    small = dynode.load_generator("facets-128", device="cpu")
    found["facets-128, enlarged"] = compared(FACETS, 256, lambda z: enlarged(drawn(small, z)))
    return found


@torch.inference_mode()
def compared(world: World, side: int, draw: Callable[[Tensor], Tensor]) -> dict[str, float]:
    """Compute the PSNR of what is drawn: mean, fifth percentile and worst."""
    z = torch.randn(PICTURES, 512, generator=torch.Generator().manual_seed(SEED))
    errors = []
    for part in z.split(AT_A_TIME):
        truth = world.render(world.population.factors(part), side)
        errors.append((draw(part) - truth).square().mean((1, 2, 3)))
    psnr = 10 * (4 / torch.cat(errors)).log10()
    figures = {"mean": psnr.mean(), "fifth percentile": psnr.quantile(0.05), "worst": psnr.min()}
    return {key: round(float(figure), 1) for key, figure in figures.items()}


@torch.inference_mode()
def timed(generator: dynode.Generator) -> dict[str, float]:
    """Time one picture, the best of twelve, in milliseconds."""
    codes, found = generator.sample(1, seed=1), {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        taken = []
        for _ in range(12):
            clock, processor = time.perf_counter(), time.process_time()
            generator.synthesize(codes)
            taken.append((time.perf_counter() - clock, time.process_time() - processor))
        if threads == 1:
            found["ms of the processor, one thread"] = round(min(taken, key=last)[1] * 1e3)
        found[f"ms by the clock, threads: {threads}"] = round(min(taken)[0] * 1e3)
    torch.set_num_threads(1)
    return found


def last(pair: tuple[float, float]) -> float:
    return pair[1]


def drawn(generator: dynode.Generator, z: Tensor) -> Tensor:
    return generator.synthesize(generator.map(z, truncation=1.0)).clamp(-1, 1)


def enlarged(images: Tensor) -> Tensor:
    return functional.interpolate(images, scale_factor=2, mode="bicubic").clamp(-1, 1)


@torch.inference_mode()
def sheet() -> None:
    """Draw renders, what facets-256 draws of the same z, and facets-128 enlarged."""
    z = torch.randn(8, 512, generator=torch.Generator().manual_seed(SEED))[list(SHOWN)]
    small, finer = (dynode.load_generator(f"facets-{side}", device="cpu") for side in (128, 256))
    rows = (FACETS.render(FACETS.population.factors(z), 256), drawn(finer, z))
    picture: Image.Image = grid(torch.cat((*rows, enlarged(drawn(small, z)))), columns=len(SHOWN))
    path = Path(__file__).parents[1] / "docs" / "images" / "facets-finer.jpg"
    picture.convert("RGB").save(path, quality=88, optimize=True)


def keep(part: str, figures: dict[str, Any]) -> None:
    """Put a part in the place of the older one; write both files."""
    kept = RESULTS / "worlds.json"
    older = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    load = {"load": [round(one, 1) for one in os.getloadavg()]}
    document = older | {part: {"figures": figures, **load}}
    write_json("worlds", document)
    lines = ["# The bundled worlds", "", "Written by `python benchmarks/worlds.py`; do not edit."]
    for name, told in sorted(document.items()):
        columns = list(dict.fromkeys(key for row in told["figures"].values() for key in row))
        lines += ["", f"## {name.capitalize()}", "", f"Load {told['load']}.", ""]
        lines += [f"| | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
        for row, figures in told["figures"].items():
            lines.append(f"| {row} | {' | '.join(str(figures.get(c, '')) for c in columns)} |")
    write_markdown("worlds", lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("renderers", "generators", "sheet"))
    given = parser.parse_args()
    if given.part == "sheet":
        sheet()
    else:
        keep(given.part, {"renderers": renderers, "generators": generators}[given.part]())
