"""Find rectified directions: a basis, a training, and what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.direction import (
    Direction,
    FixedBasis,
    SingularBasis,
    WeightBasis,
    check_shape,
    layer_weight,
)
from dynode.errors import DirectionFileError
from dynode.generator import Generator
from dynode.importing import read_content
from dynode.plugins import Progress, silent
from dynode_navigan.finding import Pictures, finish, measure
from dynode_navigan.lanczos import leading_pairs
from dynode_navigan.rectify import Rectification, Settings

if TYPE_CHECKING:
    from dynode_navigan.options import RectifiedOptions

_PUBLISHED_LR = 1e-4


def find_rectified(
    generator: Generator, options: RectifiedOptions, *, seed: int, progress: Progress
) -> Direction | list[Direction]:
    """Train directions and measure how well they are told apart.

    Raises:
        UnknownNameError: There is no such layer.
        DirectionFileError: The basis is of another layer's shape.
        CorruptCheckpointError: `keep` holds another training.
    """
    from dynode_navigan.options import HessianRectifiedOptions

    pictures = Pictures(generator, options, seed=seed)
    is_hessian = isinstance(options, HessianRectifiedOptions)
    basis = make_basis(pictures, options, seed=seed)
    training = Rectification(
        generator,
        pictures.layer,
        basis,
        settings_of(pictures, basis, options),
        seed=seed,
        distance=pictures.distance,
    )
    trained = training.run(keep=options.keep, every=options.keep_every, progress=progress)
    accuracy, error = training.accuracy()
    vectors = trained.units(torch.arange(len(trained)))
    values, figures = measure(pictures, vectors, silent)
    for told in figures:
        told |= {
            "told_apart": accuracy,
            "guessing": 1 / len(trained),
            "shift_error": error,
            "shift_scale": training.settings.shift_scale,
        }
    name = "hessian-rectified" if is_hessian else "svd-rectified"
    steps = pictures.usual_steps(values)
    return finish(pictures, name, vectors, steps, figures, seed=seed, progress=progress)


def make_basis(pictures: Pictures, options: RectifiedOptions, *, seed: int) -> WeightBasis:
    """Take singular pairs, read eigenvectors, or find them.

    Raises:
        DirectionFileError: The file holds something else, or is of another layer's shape.
    """
    from dynode_navigan.options import HessianRectifiedOptions

    wanted = options.vectors or 2 * options.count
    if not isinstance(options, HessianRectifiedOptions):
        whole = SingularBasis.of(layer_weight(pictures.generator, pictures.layer))
        kept = len(whole) if options.published else min(wanted, len(whole))
        return SingularBasis(whole.u[:, :kept], whole.vh[:kept], whole.shape)
    if options.basis is not None:
        vectors = read_content(options.basis)
        if not isinstance(vectors, Tensor) or vectors.ndim != 6 or vectors.shape[1] != 1:
            raise DirectionFileError(
                f"{options.basis.name} holds no eigenvectors; expected a tensor (k, 1, out, in, kh, kw); "
                f"write one with 'dynode find hessian --eigenvectors'"
            )
        check_shape(pictures.info, pictures.layer, tuple(vectors.shape[2:]))
        return FixedBasis(vectors[:, 0])
    curvature = pictures.curvature
    pairs = leading_pairs(
        curvature.product,
        curvature.size,
        wanted,
        seed=seed,
        like=curvature.zero,
        tolerance=options.tolerance,
    )
    return FixedBasis(pairs.vectors.view(-1, *curvature.shape))


def settings_of(pictures: Pictures, basis: WeightBasis, options: RectifiedOptions) -> Settings:
    """Fill in what the options leave open: shifts by the curvature of the basis."""
    scale = options.shift_scale or 2 * _usual_step(pictures, basis)
    slow = options.published
    return Settings(
        directions=options.count,
        steps=options.steps,
        batch=options.batch,
        shift_scale=scale,
        min_shift=min(options.min_shift or scale / 4, scale),
        label_weight=options.label_weight,
        shift_weight=options.shift_weight or 1.5 / scale,
        predictor=options.predictor,  # type: ignore[arg-type]  # its choices were checked
        predictor_lr=_PUBLISHED_LR if slow else options.predictor_lr,
        direction_lr=_PUBLISHED_LR if slow else options.direction_lr,
        size_px=options.predictor_size,
        resolution=options.render_size or None,
        shift_unit=1.0 if slow else scale,
        start="random" if slow else options.start,  # type: ignore[arg-type]
    )


def _usual_step(pictures: Pictures, basis: WeightBasis) -> float:
    """Return the median of the usual steps along the first vectors."""
    count = min(8, len(basis))
    vectors = basis.combine(torch.eye(len(basis))[:count].to(pictures.curvature.zero))
    unit = vectors / vectors.flatten(1).norm(dim=1)[:, None, None, None, None]
    values, _ = measure(pictures, unit, silent)
    return sorted(pictures.usual_steps(values))[count // 2]
