"""Find the leading eigenvectors of a distance's Hessian, by the solver asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dynode.direction import Direction
from dynode.errors import OptionError
from dynode.generator import Generator
from dynode.plugins import Progress
from dynode_navigan.curvature import Curvature
from dynode_navigan.finding import Pictures, finish, measure
from dynode_navigan.lanczos import leading_pairs
from dynode_navigan.published import FiniteDifferences, published_eigenvectors
from dynode_navigan.published_files import write_eigenvectors

if TYPE_CHECKING:
    from dynode_navigan.options import HessianOptions


def find_leading(
    generator: Generator, options: HessianOptions, *, seed: int, progress: Progress
) -> Direction | list[Direction]:
    """Find the leading eigenvectors of the distance's Hessian.

    Raises:
        UnknownNameError: There is no such layer.
        MissingWeightsError: The distance needs a file.
        CorruptCheckpointError: `keep` holds another search.
    """
    pictures = Pictures(
        generator, options, seed=seed, resizing="nearest" if options.published else "area"
    )
    vectors, residuals = leading_vectors(pictures, options, seed=seed, progress=progress)
    values, figures = measure(pictures, vectors, progress)
    renders = pictures.curvature.all_renders()
    for told, residual in zip(figures, residuals, strict=True):
        told["residual"] = residual
        told["renders"] = renders
    if options.eigenvectors is not None and pictures.curvature.processes.is_first:
        write_eigenvectors(options.eigenvectors, vectors)
    steps = pictures.usual_steps(values)
    return finish(pictures, "hessian", vectors, steps, figures, seed=seed, progress=progress)


def leading_vectors(
    pictures: Pictures, options: HessianOptions, *, seed: int, progress: Progress
) -> tuple[Tensor, list[float]]:
    """Search eigenvectors by the solver asked for: unit (k, out, in, kh, kw), and residuals."""
    curvature = pictures.curvature
    count = min(options.count, curvature.size)
    if options.published:
        if curvature.processes.count > 1:
            raise OptionError(
                "--published computes its finite differences in one process; start it without torchrun"
            )
        return _published(pictures, options, seed=seed, progress=progress)
    if options.solver == "eigsh":
        return _by_scipy(curvature, count, options.tolerance, seed=seed), [
            options.tolerance
        ] * count
    pairs = leading_pairs(
        curvature.product,
        curvature.size,
        count,
        seed=seed,
        like=curvature.zero,
        block=options.block,
        tolerance=options.tolerance,
        most=options.products or None,
        keep=options.keep,
        writes=curvature.processes.is_first,
        key=pictures.key(seed),
        progress=progress,
    )
    return pairs.vectors.view(-1, *curvature.shape), pairs.residuals.tolist()


def _by_scipy(curvature: Curvature, count: int, tolerance: float, *, seed: int) -> Tensor:
    from scipy.sparse.linalg import LinearOperator, eigsh

    if count >= curvature.size:
        raise OptionError(
            f"--count is {count} and the layer has {curvature.size} weights; the solver eigsh finds "
            f"fewer than that; choose the solver lanczos"
        )

    def matvec(vector: np.ndarray) -> np.ndarray:
        product = curvature.product(torch.from_numpy(np.ravel(vector)).to(curvature.zero))
        return product.double().cpu().numpy()

    size = curvature.size
    operator = LinearOperator((size, size), matvec=matvec, dtype=np.float64)
    start = np.random.RandomState(seed).randn(size)
    _, vectors = eigsh(operator, count, which="LA", v0=start, tol=tolerance**2)
    found = torch.from_numpy(np.ascontiguousarray(vectors.T[::-1])).to(curvature.zero)
    return found.view(-1, *curvature.shape)


def _published(
    pictures: Pictures, options: HessianOptions, *, seed: int, progress: Progress
) -> tuple[Tensor, list[float]]:
    hessian = FiniteDifferences(
        pictures.generator,
        pictures.latents,
        pictures.layer,
        pictures.distance,
        batch=options.samples_at_once,
    )
    found = published_eigenvectors(
        hessian, options.count, seed=seed, iterations=options.iterations, progress=progress
    )
    norms = found.flatten(1).norm(dim=1)
    unit = found / norms.clamp(min=1e-30)[:, None, None, None, None]
    residuals = [
        float((pictures.curvature.product(v) - norm * v).norm())
        for v, norm in zip(unit.flatten(1), norms, strict=True)
    ]
    return unit, residuals
