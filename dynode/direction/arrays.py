"""Offsets as the arrays that others publish and read."""

from __future__ import annotations

import math

from torch import Tensor

from dynode.direction.info import DirectionInfo


def as_published(delta: Tensor, info: DirectionInfo, scale: float) -> Tensor:
    """Give an offset the shape it was published in, else an axis of one sample in front.

    Args:
        delta: (width,) or (rows, width).
        info: Its `options["published_shape"]` remembers the shape of a file it was imported from.
        scale: Factor; 1 keeps the numbers as they are.
    """
    delta = delta if scale == 1 else delta * scale
    shape = info.options.get("published_shape")
    if isinstance(shape, list | tuple) and math.prod(shape) == delta.numel():
        return delta.reshape(shape)
    return delta[None]
