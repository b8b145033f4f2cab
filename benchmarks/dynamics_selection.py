"""Can a smoother beat the trajectory between frames? `python benchmarks/dynamics_selection.py`.

On the example clip, Gaussian-process paths of every smoothness, length, noise and speed (times stretched
by the distance of neighbouring codes), mixed with the straight line. One of them is chosen by leaving out
one observed frame after the other (`left out`), all without noise are averaged by their marginal
likelihood for each kernel (`evidence`), and the best one in hindsight is told for comparison (`hindsight`,
which looks at the answer). Nothing but `hindsight` sees the frames that are left out.
"""

from __future__ import annotations

import itertools
import json
from typing import NamedTuple

import numpy as np
from dynamics import example_clip

KERNELS = {0.5: "Matérn 1/2", 1.5: "Matérn 3/2", 2.5: "Matérn 5/2", np.inf: "Gaussian"}
LENGTHS = tuple(0.5 * 16 ** (step / 8) for step in range(9))  # in frame gaps, as in SmoothPath
SPLITS = {
    "odd from even": (0, 2, 4, 6, 8, 10),
    "even from odd": (1, 3, 5, 7, 9),
    "two of three": (0, 3, 6, 9),
    "one of three": (0, 1, 3, 4, 6, 7, 9, 10),
} | {f"only {index}": tuple(i for i in range(11) if i != index) for index in range(1, 10)}


class Recipe(NamedTuple):
    """Smoothness, length in frame gaps, noise, exponent of the speed, part of the line."""

    smoothness: float
    length: float
    noise: float = 0.0
    speed: float = 0.0
    line: float = 0.0


RECIPES = [
    Recipe(*values)
    for values in itertools.product(
        KERNELS, (0.5, 1.0, 2.0, 4.0, 8.0), (0.0, 0.01, 0.05, 0.1, 0.2, 0.4), (0.0, 0.5), (0.0, 0.5)
    )
]


def kernel(gaps: np.ndarray, smoothness: float) -> np.ndarray:
    if smoothness == np.inf:
        return np.exp(-(gaps**2) / 2)
    size = np.abs(gaps) * np.sqrt(2 * smoothness)
    polynomial = {0.5: 1, 1.5: 1 + size, 2.5: 1 + size + size**2 / 3}[smoothness]
    return polynomial * np.exp(-size)


def posterior(
    codes: np.ndarray, times: np.ndarray, wanted: np.ndarray, recipe: Recipe
) -> tuple[np.ndarray, np.ndarray]:
    """Return codes at the wanted times and the log evidence of every column."""
    length = recipe.length * float(np.median(np.diff(times)))
    covariance = kernel((times[:, None] - times) / length, recipe.smoothness)
    covariance += (recipe.noise + 1e-6) * np.eye(len(times))
    inverse = np.linalg.inv(covariance)
    total = inverse.sum()
    mean = inverse.sum(0) @ codes / total
    weights = inverse @ (codes - mean)
    variance = ((codes - mean) * weights).sum(0) / (len(times) - 1)
    size = np.linalg.slogdet(covariance)[1] + np.log(total)
    evidence = -0.5 * ((len(times) - 1) * np.log(np.maximum(variance, 1e-18)) + size)
    across = kernel((wanted[:, None] - times) / length, recipe.smoothness)
    return across @ weights + mean, evidence


def line(codes: np.ndarray, times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    after = np.clip(np.searchsorted(times, wanted, side="right"), 1, len(times) - 1)
    amount = ((wanted - times[after - 1]) / np.diff(times)[after - 1])[:, None]
    return (1 - amount) * codes[after - 1] + amount * codes[after]


def drawn(codes: np.ndarray, times: np.ndarray, wanted: np.ndarray, recipe: Recipe) -> np.ndarray:
    gaps = np.diff(times)
    speed = (np.linalg.norm(np.diff(codes, axis=0), axis=1) / gaps) ** recipe.speed
    warped = times[0] + np.append(0, np.cumsum(gaps * speed)) / (gaps * speed).sum() * gaps.sum()
    path, _ = posterior(codes, warped, np.interp(wanted, times, warped), recipe)
    return (1 - recipe.line) * path + recipe.line * line(codes, times, wanted)


def left_out(codes: np.ndarray, times: np.ndarray, recipe: Recipe) -> float:
    errors = []
    for index in range(1, len(times) - 1):
        kept = np.arange(len(times)) != index
        found = drawn(codes[kept], times[kept], times[index : index + 1], recipe)
        errors.append(np.square(found - codes[index]).mean())
    return float(np.mean(errors))


def averaged(
    codes: np.ndarray, times: np.ndarray, wanted: np.ndarray, kernels: tuple[float, ...]
) -> np.ndarray:
    mean = codes.mean(0)
    left, sizes, basis = np.linalg.svd(codes - mean, full_matrices=False)
    kept = sizes > 1e-9 * sizes[0]
    states = left[:, kept] * sizes[kept]
    found = [
        posterior(states, times, wanted, Recipe(smoothness, length))
        for smoothness in kernels
        for length in LENGTHS
    ]
    evidence = np.stack([each for _, each in found])
    belief = np.exp(evidence - evidence.max(0))
    belief /= belief.sum(0)
    path = (belief[:, None] * np.stack([each for each, _ in found])).sum(0)
    return path @ basis[kept] + mean


def main() -> None:
    clip = example_clip().numpy().astype(float).reshape(11, -1)
    times, table = np.arange(11.0), {}
    for name, seen in SPLITS.items():
        missing = [i for i in range(max(1, seen[0]), max(seen)) if i not in seen]
        codes, when, wanted = clip[list(seen)], times[list(seen)], times[missing]
        true = clip[missing]
        chosen = min(RECIPES, key=lambda recipe: left_out(codes, when, recipe))
        every = [np.square(drawn(codes, when, wanted, r) - true).mean() for r in RECIPES]
        row = {"linear": np.square(line(codes, when, wanted) - true).mean()}
        row["left out"] = every[RECIPES.index(chosen)]
        row["hindsight"] = min(every)
        for smoothness, label in KERNELS.items():
            path = averaged(codes, when, wanted, (smoothness,))
            row[f"evidence, {label}"] = np.square(path - true).mean()
        for label, kernels in (
            ("all four", tuple(KERNELS)),
            ("the smooth three", (1.5, 2.5, np.inf)),
        ):
            path = averaged(codes, when, wanted, kernels)
            row[f"evidence, {label}"] = np.square(path - true).mean()
        table[name] = {how: float(error) for how, error in row.items()}
    single = [table.pop(f"only {index}") for index in range(1, 10)]
    table["one at a time"] = {
        how: float(np.mean([row[how] for row in single])) for how in single[0]
    }
    print(json.dumps({"recipes": len(RECIPES), "splits": table}, indent=1))


if __name__ == "__main__":
    main()
