"""dynode: edit faces, scenes and videos with StyleGAN; every direction method is a plugin.

Importing this package is cheap; torch is imported by the first name that needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dynode.errors import DynodeError
from dynode.hookspecs import hookimpl
from dynode.methods import (
    DirectionMethod,
    FaceDetector,
    GeneratorFamily,
    GeneratorProvider,
    Inverter,
    Metric,
    Scorer,
    TextEncoder,
)
from dynode.options import option

if TYPE_CHECKING:
    from dynode.direction import (
        Direction,
        EditStack,
        LinearDirection,
        MapperDirection,
        StyleDirection,
        WeightDirection,
        load_direction,
    )
    from dynode.dynamics.fit import fit_trajectory
    from dynode.dynamics.settings import FitOptions
    from dynode.dynamics.trajectory import Trajectory
    from dynode.generator import Generator, GeneratorInfo, load_generator
    from dynode.latents import Latents, LowRankOffset, WeightOffset
    from dynode.module_generator import wrap_module
    from dynode.path_direction import PathDirection
    from dynode.pipeline.animate import animate
    from dynode.pipeline.edit import edit, find
    from dynode.pipeline.invert import Inversion, invert
    from dynode.pipeline.training import train
    from dynode.style_mapper import StyleMapperDirection
    from dynode.stylegan2.generator import StyleGAN2
    from dynode.z_direction import ZDirection

__version__ = "0.1.0"

_LAZY = {
    "FitOptions": "dynode.dynamics.settings",
    "Trajectory": "dynode.dynamics.trajectory",
    "fit_trajectory": "dynode.dynamics.fit",
    "Direction": "dynode.direction",
    "EditStack": "dynode.direction",
    "LinearDirection": "dynode.direction",
    "MapperDirection": "dynode.direction",
    "StyleDirection": "dynode.direction",
    "WeightDirection": "dynode.direction",
    "load_direction": "dynode.direction",
    "Generator": "dynode.generator",
    "GeneratorInfo": "dynode.generator",
    "load_generator": "dynode.generator",
    "Latents": "dynode.latents",
    "LowRankOffset": "dynode.latents",
    "WeightOffset": "dynode.latents",
    "PathDirection": "dynode.path_direction",
    "animate": "dynode.pipeline.animate",
    "wrap_module": "dynode.module_generator",
    "edit": "dynode.pipeline.edit",
    "find": "dynode.pipeline.edit",
    "Inversion": "dynode.pipeline.invert",
    "invert": "dynode.pipeline.invert",
    "train": "dynode.pipeline.training",
    "StyleMapperDirection": "dynode.style_mapper",
    "StyleGAN2": "dynode.stylegan2.generator",
    "ZDirection": "dynode.z_direction",
}

__all__ = [
    "Direction",
    "DirectionMethod",
    "DynodeError",
    "EditStack",
    "FaceDetector",
    "FitOptions",
    "Generator",
    "GeneratorFamily",
    "GeneratorInfo",
    "GeneratorProvider",
    "Inversion",
    "Inverter",
    "Latents",
    "LinearDirection",
    "LowRankOffset",
    "MapperDirection",
    "Metric",
    "PathDirection",
    "Scorer",
    "StyleDirection",
    "StyleGAN2",
    "StyleMapperDirection",
    "TextEncoder",
    "Trajectory",
    "WeightDirection",
    "WeightOffset",
    "ZDirection",
    "animate",
    "edit",
    "find",
    "fit_trajectory",
    "hookimpl",
    "invert",
    "load_direction",
    "load_generator",
    "option",
    "train",
    "wrap_module",
]


def __getattr__(name: str) -> object:
    """Import a public name at its first use (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'dynode' has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value
