"""Figures of the latent ODE: `python benchmarks/dynamics.py example|splits|published`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode.dynamics.baselines import BASELINES, interpolate_codes
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.integrate import Piece, solve
from dynode.dynamics.published import EXACT, RELAXED, train_published
from dynode.dynamics.report import CodeError, measure, timed_fit
from dynode.latents import Latents

# The published example clip, beside the checkout; it is not part of the project.
CLIP = Path(__file__).parents[2] / "shared" / "data" / "dynode" / "latents.npz"


def example_clip() -> Tensor:
    return torch.from_numpy(np.load(CLIP)["latents"])


def example() -> dict[str, object]:
    """All frames of the example clip, and every second one held out; seeds 0 to 4."""
    w = example_clip()
    rows = []
    for seed in range(5):
        trajectory, seconds = timed_fit(Latents(w), seed=seed)
        report = measure(trajectory, fit_s=seconds, seed=seed)
        rows.append({"seed": seed} | report.document())
    return {"example": rows}


def splits() -> dict[str, object]:
    """Other ways of leaving frames out, so that nothing is chosen for one split."""
    w, times = example_clip(), torch.arange(11.0, dtype=torch.float64)
    left_out = {
        "odd": [1, 3, 5, 7, 9],
        "even": [2, 4, 6, 8],
        "two of three": [1, 2, 4, 5, 7, 8],
        "one of three": [2, 5, 8],
    } | {f"only {index}": [index] for index in range(1, 10)}
    found = {}
    for name, missing in left_out.items():
        seen = [i for i in range(11) if i not in missing]
        if name == "even":
            seen = [1, 3, 5, 7, 9]
        if name == "two of three":
            seen = [0, 3, 6, 9]
        trajectory = fit_trajectory(Latents(w[seen]), times[seen])
        drawn = {"ode": trajectory.rollout(times[missing]).latents.w}
        drawn |= {
            how: interpolate_codes(w[seen], times[seen], times[missing], how) for how in BASELINES
        }
        found[name] = {how: CodeError.of(codes, w[missing]).mse for how, codes in drawn.items()}
    single = [found.pop(f"only {index}") for index in range(1, 10)]
    found["one at a time"] = {
        how: float(np.mean([row[how] for row in single])) for how in single[0]
    }
    return {"splits": found}


def published(iterations: int) -> dict[str, object]:
    """The released demo's protocol: seed 0, relaxed tolerances in training, exact in evaluation."""
    w, times = example_clip(), torch.arange(11.0, dtype=torch.float64)
    result = {}
    for name, seen in (("all", list(range(11))), ("even", list(range(0, 11, 2)))):
        began = time.perf_counter()
        field = train_published(
            w[seen], times[seen].tolist(), iterations=iterations, seed=0, solver=RELAXED
        )
        seconds = time.perf_counter() - began
        with torch.no_grad():
            states = solve([Piece(0, 10, field)], w[:1].flatten(1), 0.0, times, EXACT).states
        rolled = states.reshape(11, 18, 512)
        others = [i for i in range(11) if i not in seen]
        result[name] = {
            "iterations": iterations,
            "seconds": round(seconds, 1),
            "all frames": CodeError.of(rolled, w).mse,
            "seen without frame 0": CodeError.of(rolled[seen[1:]], w[seen[1:]]).mse,
            "held out": CodeError.of(rolled[others], w[others]).mse if others else None,
        }
    return {"published": result}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["example", "splits", "published"])
    parser.add_argument("--iterations", type=int, default=2000)
    given = parser.parse_args()
    made = published(given.iterations) if given.what == "published" else globals()[given.what]()
    print(json.dumps(made, indent=2))


if __name__ == "__main__":
    main()
