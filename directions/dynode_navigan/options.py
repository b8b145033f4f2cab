"""Options of the methods; importing them imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dynode


@dataclass(frozen=True)
class LayerOptions:
    """What all four methods share: a layer, and how far a step goes."""

    layer: str = dynode.option(
        "",
        help="Convolution whose weight is moved, such as b16.conv0; the second of 16 px if empty.",
    )
    count: int = dynode.option(16, help="Directions to find.", min=1, max=512)
    component: int = dynode.option(-1, help="Keep this one only, counted from 0.", min=-1)
    attribute: str = dynode.option(
        "", help="Keep the one that moves this attribute most purely, and calibrate it."
    )
    scorer: str = dynode.option(
        "", help="Scorer by name; that of the generator's domain if absent."
    )
    name_by_effect: bool = dynode.option(
        True, help="Measure what each direction does and name it by that."
    )
    distance: str = dynode.option(
        "",
        help="How different two pictures look; the scorer's features, or pixels if there is no scorer.",
        choices=("", "scorer", "lpips", "lpips-alex", "pixels"),
    )
    lpips_weights: Path | None = dynode.option(
        None, help="File with the backbone of LPIPS: torchvision's vgg16 or alexnet."
    )
    distance_size: int = dynode.option(
        0, help="Side of the pictures that are compared; 0 for as they are drawn.", unit="px", min=0
    )
    samples: int = dynode.option(
        8, help="Pictures that curvatures are averaged over.", unit="pictures", min=1, max=100_000
    )
    samples_at_once: int = dynode.option(
        8, help="Pictures differentiated together.", unit="pictures", min=1
    )
    truncation: float = dynode.option(1.0, help="Of these pictures; 1 for none.", min=0)
    storage_error: float = dynode.option(
        0.02,
        help="Largest relative error of a stored direction (low rank, half precision); 0 stores it whole.",
        min=0,
        max=1,
    )


@dataclass(frozen=True)
class HessianOptions(LayerOptions):
    """Options of the leading eigenvectors."""

    tolerance: float = dynode.option(
        0.1, help="Largest residual of an eigenvector as a share of its eigenvalue.", min=0, max=1
    )
    products: int = dynode.option(
        0, help="Largest number of Hessian products; 0 for 4 a direction and 20.", min=0
    )
    block: int = dynode.option(1, help="Vectors multiplied together.", min=1)
    solver: str = dynode.option("lanczos", help="Eigenvalue solver.", choices=("lanczos", "eigsh"))
    published: bool = dynode.option(
        False, help="Run the published power iteration instead, with its pitfalls."
    )
    iterations: int = dynode.option(20, help="Rounds a vector of the published iteration.", min=1)
    keep: Path | None = dynode.option(
        None,
        help="File the state is kept in; an interrupted search goes on from it.",
        recorded=False,
    )
    eigenvectors: Path | None = dynode.option(
        None,
        help="Write all eigenvectors to this file too, in the published form (.pt).",
        recorded=False,
    )


@dataclass(frozen=True)
class RectifiedOptions(LayerOptions):
    """Options of the training that makes directions tell apart."""

    vectors: int = dynode.option(
        0, help="Vectors that are combined; 0 for twice the directions.", min=0, max=4096
    )
    steps: int = dynode.option(1000, help="Training steps.", unit="steps", min=1)
    batch: int = dynode.option(16, help="Pictures a step.", unit="pictures", min=2)
    shift_scale: float = dynode.option(
        0.0, help="Largest shift in raw weights; 0 for twice the usual step.", min=0
    )
    min_shift: float = dynode.option(
        0.0, help="Shortest shift in raw weights; 0 for a quarter of the largest.", min=0
    )
    label_weight: float = dynode.option(1.0, help="Weight of telling the direction.", min=0)
    shift_weight: float = dynode.option(
        0.0, help="Weight of telling the shift; 0 for 1.5 over the largest shift.", min=0
    )
    predictor: str = dynode.option(
        "features",
        help="What tells them apart: a head on the distance's features, or a published network.",
        choices=("features", "resnet", "lenet"),
    )
    predictor_size: int = dynode.option(
        64, help="Side of the pictures it sees; 0 for as they are drawn.", unit="px", min=0
    )
    render_size: int = dynode.option(
        0, help="Draw at this side while training; 0 for the full size.", unit="px", min=0
    )
    predictor_lr: float = dynode.option(1e-3, help="Learning rate of the predictor.", min=0)
    direction_lr: float = dynode.option(3e-3, help="Learning rate of the directions.", min=0)
    start: str = dynode.option(
        "basis", help="Coefficients at the start.", choices=("basis", "random")
    )
    published: bool = dynode.option(
        False, help="Random start and learning rates 1e-4, as published."
    )
    keep: Path | None = dynode.option(
        None, help="File the state is kept in; an interrupted training goes on from it."
    )
    keep_every: int = dynode.option(50, help="Steps between two writings of it.", min=1)


@dataclass(frozen=True)
class HessianRectifiedOptions(RectifiedOptions):
    """Options of the training on eigenvectors."""

    basis: Path | None = dynode.option(
        None, help="Eigenvector file (.pt, as published); found anew if absent."
    )
    tolerance: float = dynode.option(
        0.1, help="Largest residual of an eigenvector found here.", min=0, max=1
    )
