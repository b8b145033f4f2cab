"""Principal components of the first layer's activations, for networks without a mapping."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator import Generator, draw_population
from dynode_ganspace.decomposition import Principal

_BATCH = 64
_MOST_SAMPLES = 4096  # their products are a matrix of this side
_MOST_NUMBERS = 2**27  # of all activations together: half a GiB


def activation_components(
    generator: Generator, samples: int, count: int, *, seed: int
) -> Principal:
    """Decompose what the first layer gives, and carry the components back to the inputs.

    Args:
        generator: One whose codes are its inputs, with a method `first_activations`.
        samples: Number of inputs; at most 4096 are drawn.
        count: Components that are wanted.
        seed: Seed of numpy's RandomState.

    Raises:
        OptionError: The generator does not show its activations, or they are too large.

    Source:
        Härkönen et al. 2020, GANSpace, arXiv:2004.02546, section 3.1: principal components of the
        activations of the first layer, and the inputs regressed on the coordinates.
        Deviation: the exact decomposition of the samples instead of incremental PCA. Coordinates of
        exact components are uncorrelated, so the regression is one product a component.
    """
    show = getattr(generator, "first_activations", None)
    if show is None:
        raise OptionError(
            f"{generator.info.name} has no mapping network whose codes vary more some ways than others, and "
            f"shows no activations; find directions with another method (dynode plugins)"
        )
    inputs = draw_population(generator, min(samples, _MOST_SAMPLES), seed=seed).latents
    first = show(inputs[:1])
    if first.shape[1] * 2 * (count + 1) > _MOST_NUMBERS:
        raise OptionError(
            f"the first layer of {generator.info.name} gives {first.shape[1]:,} numbers a picture, too many "
            f"to decompose {2 * (count + 1)} of them; find directions with another method (dynode plugins)"
        )
    inputs = inputs[: _MOST_NUMBERS // first.shape[1]]
    if len(inputs) <= count:
        raise OptionError(f"{len(inputs)} samples for {count} components; expected more of them")
    parts = [show(inputs[at : at + _BATCH]).cpu() for at in range(0, len(inputs), _BATCH)]
    return regressed(torch.cat(parts), inputs.w.flatten(1).double().cpu(), count)


def regressed(activations: Tensor, inputs: Tensor, count: int) -> Principal:
    """Decompose activations (n, features), and regress inputs (n, width) on the coordinates."""
    mean = inputs.mean(0)
    centred = (activations - activations.mean(0)).double()
    values, vectors = torch.linalg.eigh(centred @ centred.t())
    coordinates = vectors.flip(1)[:, :count]  # of unit length, widest first
    shifts = coordinates.t() @ (inputs - mean) / len(inputs) ** 0.5
    deviations = shifts.norm(dim=1)
    components = shifts / deviations.clamp(min=1e-12)[:, None]
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    return Principal(mean, components * largest.sign(), deviations)
