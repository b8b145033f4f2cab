"""Figures of the latent ODE: `python benchmarks/dynamics.py example|splits|published`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dynode.dynamics.baselines import BASELINES, interpolate_codes
from dynode.dynamics.field import PublishedField
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.integrate import Piece, solve
from dynode.dynamics.published import EXACT, RELAXED, published_optimizer, published_step
from dynode.dynamics.report import CodeError, measure, timed_fit
from dynode.latents.latents import Latents

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


def published(frames: str, iterations: int, seed: int, state: Path | None) -> dict[str, object]:
    """The released demo's protocol: relaxed tolerances in training, exact in evaluation.

    Goes on from the state file of an interrupted run; a rounding error grows over the iterations, so
    two machines agree on the first hundreds of iterations and only roughly on the last.
    """
    w, times = example_clip(), torch.arange(11.0, dtype=torch.float64)
    seen = list(range(0, 11, 2 if frames == "even" else 1))
    run = _PublishedRun(w, seen, seed)
    if state and state.exists():
        run.restore(torch.load(state, weights_only=False))
    while run.iteration < iterations:
        began = time.process_time()
        run.step()
        run.cpu_s += time.process_time() - began
        if run.iteration in _READ or run.iteration == iterations:
            run.curve.append(run.measured(times))
        if state and run.iteration % 20 == 0:
            partial = state.with_suffix(".partial")
            torch.save(run.saved(), partial)
            partial.replace(state)
    return {"published": {"frames": frames, "seed": seed, "curve": run.curve}}


_READ = (100, 200, 300, 500, 750, 1000, 1500, 2000)


class _PublishedRun:
    """Training that can be stopped anywhere."""

    def __init__(self, w: Tensor, seen: list[int], seed: int) -> None:
        torch.manual_seed(seed)
        self.w, self.seen = w, seen
        self.field = PublishedField(w.shape[1], w.shape[2])
        self.optimizer = published_optimizer(self.field)
        self.draws = np.random.RandomState(seed)
        self.iteration, self.cpu_s = 0, 0.0
        self.curve: list[dict[str, object]] = []

    def step(self) -> None:
        drawn = sorted(self.draws.choice(len(self.seen), 5, replace=False).tolist())
        frames = [self.seen[i] for i in drawn]
        times = [float(i) for i in frames]
        published_step(self.field, self.optimizer, self.w[frames], times, RELAXED)
        self.iteration += 1

    def measured(self, times: Tensor) -> dict[str, object]:
        with torch.no_grad():
            solution = solve([Piece(0, 10, self.field)], self.w[:1].flatten(1), 0.0, times, EXACT)
        rolled = solution.states.reshape(self.w.shape)
        others = [i for i in range(len(self.w)) if i not in self.seen]
        return {
            "iteration": self.iteration,
            "all frames": CodeError.of(rolled, self.w).mse,
            "seen without frame 0": CodeError.of(rolled[self.seen[1:]], self.w[self.seen[1:]]).mse,
            "held out": CodeError.of(rolled[others], self.w[others]).mse if others else None,
            "evaluations of the rollout": solution.evaluations,
            "cpu_s": round(self.cpu_s, 1),
        }

    def saved(self) -> dict[str, object]:
        return {
            "field": self.field.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "draws": self.draws.get_state(),
            "plain": (self.iteration, self.cpu_s, self.curve),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        self.field.load_state_dict(saved["field"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.draws.set_state(saved["draws"])
        self.iteration, self.cpu_s, self.curve = saved["plain"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["example", "splits", "published"])
    parser.add_argument("--iterations", type=int, default=2000)
    parser.add_argument("--frames", choices=["all", "even"], default="all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, help="file to go on from and to keep the run in")
    given = parser.parse_args()
    if given.what == "published":
        made = published(given.frames, given.iterations, given.seed, given.state)
    else:
        made = globals()[given.what]()
    print(json.dumps(made, indent=2))


if __name__ == "__main__":
    main()
