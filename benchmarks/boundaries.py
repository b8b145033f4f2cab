"""Compare the solvers of InterFaceGAN's boundaries: libsvm as published, and the fast one.

    python benchmarks/boundaries.py

20,000 latents of width 512, standard normal, with an attribute that is noisy and slightly curved.
Both solvers get the same training samples, one after the other in one process on one thread; the
sizes are the published selection ratio (0.02), a larger one, and all samples (0.5), of which a part
or the published 70 % train. Seconds are processor time, so that other programs on the machine do not
count. Writes results/boundaries.json and .md; takes about four minutes, nearly all of it libsvm's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode_interfacegan.boundary import train_boundary
from dynode_interfacegan.solvers import SOLVERS

RESULTS = Path(__file__).parent / "results"
COUNT, WIDTH = 20_000, 512
# (selection ratio, share of the selected that trains)
SIZES = ((0.02, 0.7), (0.1, 0.7), (0.5, 0.175), (0.5, 0.35), (0.5, 0.7))


def samples() -> tuple[Tensor, Tensor]:
    """Draw latents, and scores along a direction with a curvature and noise."""
    draw = np.random.RandomState(0)
    codes = draw.randn(COUNT, WIDTH).astype(np.float32)
    axis = draw.randn(WIDTH)
    axis /= np.linalg.norm(axis)
    bend = 0.15 * (codes @ np.roll(axis, 7)) ** 2
    scores = codes @ axis + bend + 0.3 * draw.randn(COUNT)
    return torch.from_numpy(codes), torch.from_numpy(scores)


def timed(solver: str, codes: Tensor, scores: Tensor, ratio: float, split: float) -> tuple:
    start = time.process_time()
    boundary = train_boundary(
        codes, scores, chosen_num_or_ratio=ratio, split_ratio=split, solver=solver
    )
    return boundary, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="only the first sizes")
    args = parser.parse_args()
    torch.set_num_threads(1)
    codes, scores = samples()
    for solver in SOLVERS:  # imports and first calls
        timed(solver, codes[:500], scores[:500], 0.2, 0.7)
    rows = []
    for ratio, split in SIZES[: args.sizes]:
        fast, fast_s = timed("fast", codes, scores, ratio, split)
        published, published_s = timed("published", codes, scores, ratio, split)
        row = {
            "ratio": ratio,
            "training_samples": 2 * int(fast.chosen * split),
            "published_s": round(published_s, 2),
            "fast_s": round(fast_s, 2),
            "speedup": round(published_s / fast_s, 1),
            "cosine": round(float((fast.normal * published.normal).sum()), 7),
        }
        rows.append(row)
        print(row, flush=True)
        write(rows)


def write(rows: list[dict]) -> None:
    """Write what is measured so far."""
    machine = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": 1,
        "torch": torch.__version__,
    }
    RESULTS.mkdir(exist_ok=True)
    command = "python benchmarks/boundaries.py"
    document = {"command": command, "seed": 0, "machine": machine, "rows": rows}
    (RESULTS / "boundaries.json").write_text(json.dumps(document, indent=2) + "\n")
    lines = [
        f"`{command}`, seed 0, one of {machine['cores']} CPU cores, torch {torch.__version__}; seconds of",
        "processor time.",
        "",
        "| samples in training, width 512 | published | fast | ratio | cosine of the boundaries |",
        "|---:|---:|---:|---:|---:|",
        *(
            f"| {r['training_samples']:,} | {r['published_s']} s | {r['fast_s']} s | {r['speedup']}× | "
            f"{r['cosine']:.6f} |"
            for r in rows
        ),
    ]
    (RESULTS / "boundaries.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
