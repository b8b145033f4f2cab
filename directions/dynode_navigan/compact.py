"""Directions in little room: low rank and half precision, with the error that this makes."""

from __future__ import annotations

import dataclasses

from dynode.direction import WeightDirection, factor_weight, multiply_factors


def compacted(direction: WeightDirection, largest_error: float) -> WeightDirection:
    """Replace a direction by its nearest one that takes little room.

    Args:
        direction: What to store.
        largest_error: Relative error (of lengths in the space of weights) that is allowed.

    Returns:
        A direction whose offset is exactly the product of what a file holds. Its
        `figures["storage_error"]` tells the error, `figures["storage_rank"]` the rank. One whose
        factors would take more room than the whole stays whole.
    """
    factors = factor_weight(direction.delta, largest_error)
    if sum(part.numel() for part in factors) > direction.delta.numel():
        return direction
    delta = multiply_factors(*factors, direction.delta.shape).to(direction.delta)
    whole = direction.delta.double()
    error = float((delta.double() - whole).norm() / whole.norm().clamp(min=1e-300))
    figures = {
        **direction.info.figures,
        "storage_error": round(error, 6),
        "storage_rank": float(factors[0].shape[1]),
    }
    info = dataclasses.replace(direction.info, figures=figures)
    return WeightDirection(direction.layer, delta, factors, info=info)
