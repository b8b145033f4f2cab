"""Directions: one artefact for every method, in every space a generator has; one kind, one file."""

from dynode.direction.base import Direction, check_finite
from dynode.direction.file import load_direction
from dynode.direction.info import Calibration, DirectionInfo
from dynode.direction.linear import LinearDirection
from dynode.direction.mapper import MapperDirection
from dynode.direction.networks import RowMapper, StyleMapper
from dynode.direction.path import PathDirection
from dynode.direction.stack import EditStack
from dynode.direction.style import StyleDirection
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.direction.weight import WeightDirection
from dynode.direction.z import ZDirection

__all__ = [
    "Calibration",
    "Direction",
    "DirectionInfo",
    "EditStack",
    "LinearDirection",
    "MapperDirection",
    "PathDirection",
    "RowMapper",
    "StyleDirection",
    "StyleMapper",
    "StyleMapperDirection",
    "WeightDirection",
    "ZDirection",
    "check_finite",
    "load_direction",
]
