"""Find plain directions of a layer's weight, and give them a usual step and a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo, SingularBasis, WeightDirection, layer_weight
from dynode.distance import Distance, ResizedDistance, Resizing, load_distance
from dynode.errors import MissingWeightsError, UnknownNameError
from dynode.generator import Generator, GeneratorInfo, draw_population
from dynode.latents import Latents
from dynode.plugins import Progress
from dynode.scoring import ComponentOptions, measured_components
from dynode.training import Processes
from dynode_navigan.compact import compacted
from dynode_navigan.curvature import Curvature, pair_distance

if TYPE_CHECKING:
    from dynode_navigan.options import LayerOptions

STEP_SHARE = 0.1
"""A usual step changes a picture by this share of the distance between two pictures."""

_USUAL_LAYERS = ("b16.conv1", "b8.conv1")


def layer_of(info: GeneratorInfo, name: str) -> str:
    """Check a layer's name; an empty one is the published default, or the middle convolution.

    Raises:
        UnknownNameError: There is no such layer.
    """
    if name and name not in info.conv_layers:
        raise UnknownNameError(f"convolution of {info.name}", name, info.conv_layers)
    if name:
        return name
    for usual in _USUAL_LAYERS:
        if usual in info.conv_layers:
            return usual
    convolutions = [layer for layer in info.conv_layers if layer not in info.rgb_layers]
    return convolutions[len(convolutions) // 2]


class Pictures:
    """What curvatures are measured on: a layer, some pictures, a distance.

    Args:
        generator: What draws.
        options: Layer, distance and number of pictures.
        seed: Seed of the pictures.
        resizing: How pictures are made smaller.
    """

    def __init__(
        self,
        generator: Generator,
        options: LayerOptions,
        *,
        seed: int,
        resizing: Resizing = "area",
    ) -> None:
        self.generator, self.options = generator, options
        self.info = generator.info
        self.layer = layer_of(self.info, options.layer)
        self.distance = _distance(generator, options, resizing)
        population = draw_population(
            generator, options.samples, seed=seed, truncation=options.truncation
        )
        self.latents: Latents = population.latents
        self.curvature = Curvature(
            generator,
            self.latents,
            self.layer,
            self.distance,
            batch=options.samples_at_once,
            processes=Processes.join(generator.device),
        )

    def key(self, seed: int) -> str:
        """Tell this search from others."""
        told = {k: v for k, v in vars(self.options).items() if k in _IN_KEY}
        return f"{self.info.fingerprint} {self.layer} {seed} {sorted(told.items())}"

    def usual_steps(self, values: Tensor) -> list[float]:
        """Return the shift along each vector at which pictures change by the usual share.

        Args:
            values: (n,) curvatures along unit vectors: a shift s costs value * s^2 / 2.

        Returns:
            Lengths in raw weights, none longer than the weight itself.
        """
        pairs = self.latents
        if len(pairs) == 1:
            pairs = draw_population(self.generator, 4, seed=1).latents
        apart = pair_distance(self.generator, pairs, self.distance)
        longest = float(layer_weight(self.generator, self.layer).double().norm())
        wanted = (2 * STEP_SHARE * apart / values.double().clamp(min=1e-30)).sqrt()
        return [min(step, longest) or 1.0 for step in wanted.tolist()]


_IN_KEY = ("distance", "distance_size", "samples", "truncation", "scorer", "block")


def _distance(generator: Generator, options: LayerOptions, resizing: Resizing) -> Distance:
    """Load the distance; without a name the scorer's, else pixels."""
    name = options.distance or "scorer"
    try:
        found = load_distance(
            name,
            generator,
            weights=options.lpips_weights,
            scorer=options.scorer,
            device=generator.device,
        )
    except MissingWeightsError:
        if options.distance:
            raise
        found = load_distance("pixels", generator)
    size = options.distance_size
    return ResizedDistance(found, size, resizing) if size else found


def find_singular(
    generator: Generator, options: LayerOptions, *, seed: int, progress: Progress
) -> Direction | list[Direction]:
    """Take the leading singular pairs of the weight.

    Raises:
        UnknownNameError: There is no such layer.
    """
    pictures = Pictures(generator, options, seed=seed)
    basis = SingularBasis.of(layer_weight(generator, pictures.layer))
    count = min(options.count, len(basis))
    vectors = basis.combine(torch.eye(len(basis))[:count].to(basis.u))
    vectors = vectors / vectors.flatten(1).norm(dim=1)[:, None, None, None, None]
    values, figures = measure(pictures, vectors, progress)
    return finish(
        pictures,
        "svd",
        vectors,
        pictures.usual_steps(values),
        figures,
        seed=seed,
        progress=progress,
    )


def measure(
    pictures: Pictures, vectors: Tensor, progress: Progress
) -> tuple[Tensor, list[dict[str, float]]]:
    """Measure the curvature along unit vectors, with the standard error over the pictures."""
    values, figures = [], []
    for index, vector in enumerate(vectors):
        each = pictures.curvature.along(vector.flatten()).double().cpu()
        values.append(each.mean())
        figures.append({"curvature": float(values[-1]), "curvature_error": _error(each)})
        progress(index + 1, len(vectors), "curvature")
    return torch.stack(values), figures


def _error(each: Tensor) -> float:
    return float(each.std() / len(each) ** 0.5) if len(each) > 1 else 0.0


def finish(
    pictures: Pictures,
    method: str,
    vectors: Tensor,
    steps: Sequence[float],
    figures: Sequence[dict[str, float]],
    *,
    seed: int,
    progress: Progress,
) -> Direction | list[Direction]:
    """Make directions of unit vectors, compact, named by their effects; keep what was asked for."""
    options = pictures.options
    digits = max(2, len(str(len(vectors) - 1)))
    found: list[Direction] = []
    for index, (vector, step) in enumerate(zip(vectors, steps, strict=True)):
        about = DirectionInfo(
            name=f"{method}-{pictures.layer.replace('.', '-')}-{index:0{digits}d}",
            options={"layer": pictures.layer, "index": index},
            unit=f"a shift of length {step:.4g} in raw weights, a tenth of the way to another picture",
            scale=step,
            figures=figures[index],
        )
        whole = WeightDirection(pictures.layer, oriented(vector).contiguous(), info=about)
        found.append(compacted(whole, options.storage_error) if options.storage_error else whole)
    kept = ComponentOptions(
        count=options.count,
        component=options.component,
        attribute=options.attribute,
        scorer=options.scorer,
        name_by_effect=options.name_by_effect,
    )
    named = measured_components(found, pictures.generator, kept, seed=seed, progress=progress)
    return named[0] if len(named) == 1 else named


def oriented(vector: Tensor) -> Tensor:
    """Choose the sign, which is open: the largest entry is positive."""
    flat = vector.detach().flatten()
    turned: Tensor = vector.detach() * flat[flat.abs().argmax()].sign()
    return turned
