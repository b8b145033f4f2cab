"""Directions of the principal components, in W or of the first layer's activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from dynode.direction import Direction, DirectionInfo, LinearDirection
from dynode.errors import OptionError
from dynode.generator import Generator
from dynode.plugins import Progress
from dynode.scoring import measured_components, parse_rows
from dynode_ganspace.activations import activation_components
from dynode_ganspace.decomposition import principal_components
from dynode_ganspace.published import setting

if TYPE_CHECKING:
    from dynode_ganspace.plugin import PrincipalOptions


def find_components(
    generator: Generator, options: PrincipalOptions, *, seed: int, progress: Progress
) -> list[Direction]:
    """Find components, widest first; strength 1 is one standard deviation of the codes.

    Raises:
        OptionError: The rows do not exist, or there are fewer codes than components.
    """
    info = generator.info
    rows = parse_rows(options.rows, info)
    if options.samples <= options.count:
        raise OptionError(
            f"--samples is {options.samples}, --count {options.count}; expected more codes than components"
        )
    if "w" in info.spaces:
        found, what = principal_components(generator, options.samples, seed=seed), "codes"
    elif options.set_coordinate:
        raise OptionError(
            f"--set-coordinate is for codes of a mapping network, and {info.name} has none; leave it out"
        )
    else:
        found = activation_components(generator, options.samples, options.count, seed=seed)
        what = "activations of the first layer"
    mask = torch.zeros(info.num_layers, dtype=torch.bool)
    mask[rows] = True
    directions = []
    for index in range(min(options.count, len(found.components))):
        about = DirectionInfo(
            name=f"ganspace-{index:02d}",
            options={"component": index},
            unit=f"one standard deviation of the {what} along the component",
            scale=max(float(found.deviations[index]), 1e-6),
        )
        delta = found.components[index].float().clone()
        directions.append(LinearDirection(delta, None if mask.all() else mask, info=about))
    kept = measured_components(directions, generator, options, seed=seed, progress=progress)
    if not options.set_coordinate:
        return kept
    return [setting(moving, found.mean) for moving in kept if isinstance(moving, LinearDirection)]
