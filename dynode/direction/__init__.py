"""Directions: one artefact for every method, in every space a generator has; one kind, one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.direction.base import (
        Direction,
        check_finite,
    )
    from dynode.direction.file import load_direction
    from dynode.direction.info import (
        Calibration,
        DirectionInfo,
    )
    from dynode.direction.linear import LinearDirection
    from dynode.direction.mapper import MapperDirection
    from dynode.direction.network import NetworkDirection, StyleShift
    from dynode.direction.networks import (
        RowMapper,
        StyleMapper,
    )
    from dynode.direction.path import PathDirection
    from dynode.direction.stack import EditStack
    from dynode.direction.style import StyleDirection
    from dynode.direction.style_mapper import StyleMapperDirection
    from dynode.direction.weight import WeightDirection
    from dynode.direction.weight_basis import (
        FixedBasis,
        LayerDirections,
        SingularBasis,
        WeightBasis,
        check_shape,
        factor_weight,
        layer_weight,
        multiply_factors,
    )
    from dynode.direction.z import ZDirection

__all__ = [
    "Calibration",
    "Direction",
    "DirectionInfo",
    "EditStack",
    "FixedBasis",
    "LayerDirections",
    "LinearDirection",
    "MapperDirection",
    "NetworkDirection",
    "PathDirection",
    "RowMapper",
    "SingularBasis",
    "StyleDirection",
    "StyleMapper",
    "StyleMapperDirection",
    "StyleShift",
    "WeightBasis",
    "WeightDirection",
    "ZDirection",
    "check_finite",
    "check_shape",
    "factor_weight",
    "layer_weight",
    "load_direction",
    "multiply_factors",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Calibration": "dynode.direction.info",
        "Direction": "dynode.direction.base",
        "DirectionInfo": "dynode.direction.info",
        "EditStack": "dynode.direction.stack",
        "FixedBasis": "dynode.direction.weight_basis",
        "LayerDirections": "dynode.direction.weight_basis",
        "LinearDirection": "dynode.direction.linear",
        "MapperDirection": "dynode.direction.mapper",
        "NetworkDirection": "dynode.direction.network",
        "PathDirection": "dynode.direction.path",
        "RowMapper": "dynode.direction.networks",
        "SingularBasis": "dynode.direction.weight_basis",
        "StyleDirection": "dynode.direction.style",
        "StyleMapper": "dynode.direction.networks",
        "StyleMapperDirection": "dynode.direction.style_mapper",
        "StyleShift": "dynode.direction.network",
        "WeightBasis": "dynode.direction.weight_basis",
        "WeightDirection": "dynode.direction.weight",
        "ZDirection": "dynode.direction.z",
        "check_finite": "dynode.direction.base",
        "check_shape": "dynode.direction.weight_basis",
        "factor_weight": "dynode.direction.weight_basis",
        "layer_weight": "dynode.direction.weight_basis",
        "load_direction": "dynode.direction.file",
        "multiply_factors": "dynode.direction.weight_basis",
    },
)
