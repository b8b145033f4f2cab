"""Time drawing again when only rows k and later change, against drawing everything.

    OMP_NUM_THREADS=1 python benchmarks/redraw.py --size 1024

Random weights of the published widths, one picture, seed 0. Both sides draw the same codes in turns in
one process, in processor time; pixels are compared bit for bit. Writes
benchmarks/results/redraw-SIZE.json and prints the table of docs/engine.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from synthesis import make_generator

from dynode.generator import redrawing
from dynode.latents import Latents
from dynode.stylegan2 import StyleGAN2

RESULTS = Path(__file__).parent / "results"


def moved(latents: Latents, row: int, by: float) -> Latents:
    w = latents.w.clone()
    w[:, row:] += by
    return latents.with_w(w)


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(generator: StyleGAN2, rounds: int) -> list[dict[str, object]]:
    latents = generator.sample(1, seed=0)
    draw = redrawing(generator)
    found = []
    for row in range(0, generator.info.num_layers, 2):
        draw.synthesize(latents)
        whole, kept, equal = [], [], True
        for index in range(rounds):
            codes = moved(latents, row, 0.1 * (index + 1))
            pictures: dict[str, torch.Tensor] = {}
            whole.append(seconds(lambda c=codes, p=pictures: p.update(a=generator.synthesize(c))))
            kept.append(seconds(lambda c=codes, p=pictures: p.update(b=draw.synthesize(c))))
            equal = equal and torch.equal(pictures["a"], pictures["b"])
        entry = {"row": row, "whole": median(whole), "from_row": median(kept), "equal": equal}
        found.append(entry)
        print(
            f"| {row} | {median(whole):.3f} | {median(kept):.3f} | "
            f"{median(whole) / median(kept):.1f} | {'yes' if equal else 'NO'} |",
            flush=True,
        )
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print("| rows from | whole, s | from there, s | times | same bits |\n|---|---|---|---|---|")
    loaded = make_generator(asked.size)  # outside: weights of inference mode do not tell of changes
    with torch.inference_mode():
        table = measure(loaded, asked.rounds)
    target = RESULTS / f"redraw-{asked.size}.json"
    target.write_text(json.dumps({"size": asked.size, "batch": 1, "rows": table}, indent=1) + "\n")
