"""Compare ways to solve robust PCA on the anchors of the published case.

    python benchmarks/robust_pca.py

Each row of the case's anchors, as offsets from the unedited code, is taken apart by the default of
micromotion (tensorly, penalty growing by 5 % a step), by tensorly with its own defaults, by a second
solver (fixed penalty, float64, 1500 steps, which converges) and by the released loop. Writes
results/robust_pca.md.

- residual: length of what neither part holds, relative to the row
- rank: singular values of the low-rank part above 1e-3 of the first
- objective: sum of singular values plus priced entries, relative to the second solver's less 1; of the
  released loop, whose parts do not add up, none
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tensorly.decomposition import robust_pca

from dynode_micromotion.robust import published_split, robust_split, sparsity_price

ROOT = Path(__file__).parents[1]
STEPS = 1500


def second_solver(matrix: np.ndarray, price: float) -> tuple[np.ndarray, np.ndarray]:
    low = sparse = dual = np.zeros_like(matrix)
    penalty = matrix.size / (4 * np.abs(matrix).sum())
    for _ in range(STEPS):
        left, values, right = np.linalg.svd(matrix - sparse + dual / penalty, full_matrices=False)
        low = (left * np.maximum(values - 1 / penalty, 0)) @ right
        rest = matrix - low + dual / penalty
        sparse = np.sign(rest) * np.maximum(np.abs(rest) - price / penalty, 0)
        dual = dual + penalty * (matrix - low - sparse)
    return low, sparse


def objective(low: np.ndarray, sparse: np.ndarray, price: float) -> float:
    return float(np.linalg.svd(low, compute_uv=False).sum() + price * np.abs(sparse).sum())


def main() -> None:
    torch.set_num_threads(1)
    codes = torch.from_numpy(
        np.load(ROOT / "tests" / "reference" / "micromotion-rpca" / "inputs.npz")["anchors"]
    ).double()
    lines = [
        f"`python benchmarks/robust_pca.py` (torch {torch.__version__})",
        "",
        "| row | solver | steps | residual | rank | objective above the second solver's |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for row in range(codes.shape[1]):
        tensor = codes[:, row] - codes[:1, row]
        matrix, price = tensor.numpy(), sparsity_price(tensor)
        low, sparse = second_solver(matrix, price)
        best = objective(low, sparse, price)
        default, released = robust_split(tensor), published_split(tensor)
        own = robust_pca(matrix, reg_E=price, reg_J=0.5, verbose=0, return_errors=True)
        parts = {
            "default": (default.low_rank.numpy(), default.sparse.numpy(), default.steps),
            "tensorly as it comes": (own[0], own[1], len(own[2])),
            "second solver": (low, sparse, STEPS),
            "released loop": (released.low_rank.numpy(), released.sparse.numpy(), released.steps),
        }
        for name, (first, second, steps) in parts.items():
            values = np.linalg.svd(first, compute_uv=False)
            residual = np.linalg.norm(matrix - first - second) / np.linalg.norm(matrix)
            above = objective(first, second, price) / best - 1
            told = f"{above:.1e}" if residual < 1e-3 else ""
            rank = int((values > 1e-3 * values[0]).sum())
            lines.append(f"| {row} | {name} | {steps} | {residual:.1e} | {rank} | {told} |")
    target = ROOT / "benchmarks" / "results" / "robust_pca.md"
    target.write_text("\n".join(lines) + "\n")
    print(target.read_text())


if __name__ == "__main__":
    main()
